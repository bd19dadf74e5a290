import type { Ledger, ModuleInfo } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import type { WorkUnit } from '../types.js';
import { distinctChildren, modulesOf, shortName } from '../units.js';

/** Where torchstat stops with an error of its own, and why. */

/** Leaf modules with their paths; one under several parents under its first. */
export function* leaves(
  module: ModuleInfo,
  prefix = '',
  seen: Set<ModuleInfo> = new Set(),
): Generator<[string, ModuleInfo]> {
  if (seen.has(module)) return;
  seen.add(module);
  const children = distinctChildren(module);
  if (children.length === 0) yield [prefix, module];
  for (const child of children)
    yield* leaves(child.module, prefix === '' ? child.name : `${prefix}.${child.name}`, seen);
}

/** The rule of a class or of the nearest base that has one: torchstat asks `isinstance`. */
export function byClass<T>(rules: Readonly<Record<string, T>>, classHierarchy: readonly string[]): T | undefined {
  return classHierarchy.map((type) => rules[type]).find((rule) => rule !== undefined);
}

/** Ranks that its functions assert, with the batch. */
const RANKS: Readonly<Record<string, number>> = byName({
  'torch.nn.Conv2d': 4,
  'torch.nn.ConvTranspose2d': 4,
  'torch.nn.BatchNorm2d': 4,
  'torch.nn.MaxPool2d': 4,
  'torch.nn.AvgPool2d': 4,
  'torch.nn.Linear': 2,
});

/** Why the model as a whole cannot be run, or null. */
export function modelFailure(ledger: Ledger): string | null {
  if (ledger.inputs.length !== 1)
    return `torchstat takes a single C×H×W input; this model takes ${ledger.inputs.length}`;
  const rank = ledger.inputs[0]?.value.type?.shape.length;
  if (rank !== 4) return `torchstat asserts a C×H×W input; with its batch this model's has ${rank} axes`;
  return ledger.modules === 'exact' ? callsFailure(ledger) : null;
}

/**
 * torchstat replaces `__call__` of the classes of leaf modules, not of modules: a class derived from one of them inherits
 * the replacement, which then asserts that it was meant; and one that is replaced after its base calls itself forever.
 */
function callsFailure(ledger: Ledger): string | null {
  const replaced = new Set<string>();
  const endless = new Set<string>();
  for (const m of modulesOf(ledger)) {
    if (m.children.length > 0 || replaced.has(m.type)) continue;
    if (m.classHierarchy.slice(1).some((base) => replaced.has(base))) endless.add(m.type);
    replaced.add(m.type);
  }
  for (const m of modulesOf(ledger)) {
    if (m.calls.length === 0) continue;
    const base = m.classHierarchy.find((type) => replaced.has(type));
    if (base !== undefined && base !== m.type)
      return `torchstat asserts that only leaf modules are kinds of ${shortName(base)}; ${m.path} (${shortName(m.type)}) has modules in it`;
    if (endless.has(m.type))
      return `torchstat recurses forever in ${shortName(m.type)}, replaced after the class it derives from`;
  }
  return null;
}

/** Why one call cannot be counted, or null. */
export function callFailure(unit: WorkUnit, classHierarchy: readonly string[], path: string): string | null {
  const rank = byClass(RANKS, classHierarchy);
  const found = unit.inputs[0]?.length;
  if (found === undefined || unit.inputs.length > 1 || unit.outputs.length > 1)
    return `torchstat expects one tensor in and one out of every leaf module; ${path} (${shortName(unit.type)}) has others`;
  return rank !== undefined && found !== rank
    ? `torchstat asserts ${rank} axes for the input of ${shortName(unit.type)}; ${path} gets ${found}`
    : null;
}
