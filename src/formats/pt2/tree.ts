import { newModule, type OpenModule, type Weight } from '../../ledger/index.js';
import { inferClass } from './classes.js';
import { splitName } from './weights.js';

/** Facts of the modules from before the graph is walked. */
export interface TreeFacts {
  /** Paths in the file's order; modules that were never called are among them. */
  readonly paths: readonly string[];
  /** Classes by path, of the modules that operators were recorded under. */
  readonly types: ReadonlyMap<string, string>;
  /** Stored tensors by their full names, a tied one under each. */
  readonly weights: readonly { readonly name: string; readonly weight: Weight }[];
}

export interface Tree {
  readonly root: OpenModule;
  /** A module that the model knows under two paths is one object. */
  readonly byPath: ReadonlyMap<string, OpenModule>;
  /** How many classes had to be inferred, for nothing was recorded under these modules. */
  readonly inferred: number;
}

/** The module tree: paths become parents and children, weights go to their modules, shared modules are one. */
export function buildTree(facts: TreeFacts): Tree {
  const paths = withParents([...facts.paths, ...facts.types.keys(), ...facts.weights.map((w) => splitName(w.name)[0])]);
  const own = new Map<string, { name: string; weight: Weight }[]>(paths.map((path) => [path, []]));
  for (const { name, weight } of facts.weights) {
    const [module, leaf] = splitName(name);
    own.get(module)?.push({ name: leaf, weight });
  }
  const children = new Map<string, { name: string; path: string }[]>(paths.map((path) => [path, []]));
  for (const path of paths) {
    const [parent, name] = splitName(path);
    if (path !== '') children.get(parent)?.push({ name, path });
  }
  const same = sharedModules(paths, facts.types, own);
  const byPath = new Map<string, OpenModule>();
  let inferred = 0;
  for (const path of paths) {
    if (same.has(path)) continue;
    let type = facts.types.get(path);
    if (type === undefined) {
      const parent = facts.types.get(splitName(path)[0]) ?? null;
      type = inferClass({
        parent,
        name: splitName(path)[1],
        weights: own.get(path) ?? [],
        children: (children.get(path) ?? []).map((c) => c.name),
      });
      inferred++;
    }
    byPath.set(path, { ...newModule(path, type), weights: own.get(path) ?? [] });
  }
  for (const [path, original] of same) byPath.set(path, byPath.get(original) as OpenModule);
  for (const path of paths) {
    if (same.has(path)) continue;
    const list = byPath.get(path)?.children as { name: string; module: OpenModule }[];
    for (const child of children.get(path) ?? [])
      list.push({ name: child.name, module: byPath.get(child.path) as OpenModule });
  }
  return { root: byPath.get('') as OpenModule, byPath, inferred };
}

/** Every path once, parents before their children, in the order in which they come up. */
function withParents(paths: readonly string[]): string[] {
  const found = new Set<string>(['']);
  const add = (path: string): void => {
    const missing: string[] = [];
    for (let p = path; p !== '' && !found.has(p); p = splitName(p)[0]) missing.push(p);
    for (const p of missing.reverse()) found.add(p);
  };
  for (const path of paths) add(path);
  return [...found];
}

/** Modules whose own weights are all those of another of the same class: one module under two names. */
function sharedModules(
  paths: readonly string[],
  types: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, readonly { name: string; weight: Weight }[]>,
): Map<string, string> {
  const same = new Map<string, string>();
  const ids = new Map<Weight, number>();
  const first = new Map<string, string>();
  for (const known of [true, false])
    for (const path of paths) {
      const type = types.get(path);
      const weights = own.get(path) ?? [];
      if ((type !== undefined) !== known || weights.length === 0) continue;
      const key = weights
        .map(({ name, weight }) => {
          if (!ids.has(weight)) ids.set(weight, ids.size);
          return `${name}=${ids.get(weight)}`;
        })
        .join(' ');
      // A module that was never called has no class: it is the one that was called with its weights.
      const keys = type === undefined ? [key] : [`${type} ${key}`, key];
      const before = first.get(keys[0] as string);
      if (before !== undefined) same.set(path, before);
      else for (const k of keys) if (!first.has(k)) first.set(k, path);
    }
  return same;
}
