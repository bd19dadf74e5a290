import type { Ledger, ModuleCall, ModuleInfo } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { matches } from './select.js';

/** A stretch of the schedule whose insides are worked out again: indices of its first and last entry. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

/** The calls of the modules that patterns name, or of the blocks of all lists; null if the model has no such blocks. */
export function segmentsOf(ledger: Ledger, which: true | readonly string[]): readonly Segment[] | null {
  const modules = which === true ? blocksOf(ledger.root.module) : namedModules(ledger.root.module, which);
  const segments = modules
    .flatMap((module) => module.calls)
    .flatMap((call): Segment[] => {
      const entries = entriesOf(call);
      return entries === null ? [] : [{ path: call.path, ...entries }];
    })
    .sort((a, b) => a.first - b.first || b.last - a.last);
  // The outermost: what is in another one is part of it.
  const outer: Segment[] = [];
  for (const segment of segments) {
    const before = outer.at(-1);
    if (before === undefined || segment.first > before.last) outer.push(segment);
  }
  return outer.length === 0 ? null : outer;
}

const LIST = /(^|\.)(Sequential|ModuleList)$/;

/**
 * The blocks of a model: members of a Sequential or ModuleList, or members with a number for a name, that are made of
 * modules themselves and are no such list.
 */
function blocksOf(root: ModuleInfo): ModuleInfo[] {
  const found: ModuleInfo[] = [];
  const walk = (module: ModuleInfo): void => {
    const list = LIST.test(module.type);
    for (const { name, module: child } of module.children) {
      if (child.children.length === 0) continue;
      const member = list || /^\d+$/.test(name);
      if (member && !LIST.test(child.type)) found.push(child);
      else walk(child);
    }
  };
  walk(root);
  return found;
}

function namedModules(root: ModuleInfo, patterns: readonly string[]): ModuleInfo[] {
  const found: ModuleInfo[] = [];
  const paths: string[] = [];
  const walk = (module: ModuleInfo): void => {
    if (module.path !== '') paths.push(module.path);
    // A pattern that names a module means it as a whole: `layer1` is one stretch, `layer1.*` one for each member.
    if (module.path !== '' && patterns.some((p) => exactly(module.path, p))) found.push(module);
    for (const child of module.children) walk(child.module);
  };
  walk(root);
  for (const pattern of patterns)
    if (!paths.some((path) => exactly(path, pattern)))
      throw new ModelError('argument', `--checkpointing ${pattern} is the path of no module of this model`, {
        hint:
          paths.length === 0
            ? 'the model has no modules'
            : `paths are like ${paths.slice(0, 3).join(', ')}; * stands for anything`,
      });
  return found;
}

function exactly(path: string, pattern: string): boolean {
  return matches(path, pattern) && path.split('.').length === pattern.split('.').length;
}

function entriesOf(call: ModuleCall): { first: number; last: number } | null {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const step of call.steps) {
    const inner = step.kind === 'op' ? { first: step.entry.index, last: step.entry.index } : entriesOf(step.call);
    if (inner === null) continue;
    first = Math.min(first, inner.first);
    last = Math.max(last, inner.last);
  }
  return last < 0 ? null : { first, last };
}
