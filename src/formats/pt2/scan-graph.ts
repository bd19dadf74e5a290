import { RelativeScopes } from '../relative-scopes.js';
import type { Json } from './json.js';
import { type Frame, framesOf } from './scopes.js';
import type { Usage } from './weights.js';

/** Facts from one look over all nodes, before any is worked out. */
export interface GraphScan {
  readonly usage: Usage;
  /** Classes by path. */
  readonly types: ReadonlyMap<string, string>;
  /** Whether keys number repeated calls: some does, or the exporter is one that would. */
  readonly numbered: boolean;
  /** Whether nodes say which modules they belong to. */
  readonly scoped: boolean;
  /** The module calls of a node, the outermost first, by its stack. */
  readonly framesOf: (stack: string) => readonly Frame[];
}

const MAX_DEPTH = 64;

/**
 * Looks over a graph and those inside it: which modules there are, and which names each of them uses. `stored` has the
 * full names of weights by the names that the graph has for them.
 */
export function scanGraph(graph: Json, stored: ReadonlyMap<string, string>): GraphScan {
  const scopes = new StackReader();
  const seen: Seen[] = [];
  look(graph, scopes, seen);
  for (const { frames, names } of seen) scopes.relative.look(modulesOf(frames), weightsIn(names, stored));

  const used = new Set<string>();
  const byModule = new Map<string, Set<string>>();
  const types = new Map<string, string>();
  let numbered = false;
  let scoped = false;
  for (const { stack, names } of seen) {
    const frames = scopes.framesOf(stack);
    const module = frames.at(-1)?.path ?? '';
    for (const { key, path, type } of frames) {
      scoped = true;
      numbered ||= /@\d+$/.test(key);
      if (type !== '' && !types.has(path)) types.set(path, type);
    }
    const own = byModule.get(module) ?? new Set<string>();
    if (names.length > 0) byModule.set(module, own);
    for (const name of names) {
      own.add(name);
      used.add(name);
    }
  }
  for (const output of graph.get('outputs').items()) for (const name of tensorsIn(output)) used.add(name);
  return { usage: { used, byModule }, types, numbered, scoped, framesOf: (stack) => scopes.framesOf(stack) };
}

/** The modules around a node and the names that it uses, those of the outermost graph. */
interface Seen {
  readonly stack: string;
  readonly frames: readonly Frame[];
  readonly names: readonly string[];
}

/** Names inside a graph that is an argument, by which they have outside; null for the outermost graph. */
type OuterNames = ReadonlyMap<string, string> | null;

function look(graph: Json, scopes: StackReader, seen: Seen[], depth = 0, outer: OuterNames = null): void {
  for (const node of graph.get('nodes').items()) {
    const metadata = node.get('metadata');
    const stack = metadata.missing ? null : metadata.get('nn_module_stack').value;
    const text = typeof stack === 'string' ? stack : '';
    const names: string[] = [];
    const args = node
      .get('inputs')
      .items()
      .map((input) => input.get('arg'));
    for (const [at, arg] of args.entries()) {
      const { tag, body } = arg.tagged();
      if (tag === 'as_graph' && depth < MAX_DEPTH) {
        const inner = body.get('graph');
        look(inner, scopes, seen, depth + 1, namesInside(inner, args.slice(at + 1), outer));
      } else
        for (const name of tensorsIn(arg)) {
          const own = outer === null ? name : outer.get(name);
          if (own !== undefined) names.push(own);
        }
    }
    seen.push({ stack: text, frames: scopes.statedFrames(text), names });
  }
}

/** Reads stacks once each: nodes of one module have the same. */
class StackReader {
  readonly relative = new RelativeScopes();
  readonly #stated = new Map<string, readonly Frame[]>();
  readonly #frames = new Map<string, readonly Frame[]>();

  statedFrames(stack: string): readonly Frame[] {
    return remembered(this.#stated, stack, framesOf);
  }

  /** The module calls of a node; its modules by their paths, also where the stack names them from their parents. */
  framesOf(stack: string): readonly Frame[] {
    const stated = this.statedFrames(stack);
    return this.relative.any ? remembered(this.#frames, stack, () => this.#withPaths(stated)) : stated;
  }

  #withPaths(stated: readonly Frame[]): readonly Frame[] {
    const inner = modulesOf(stated);
    const paths = this.relative.paths(inner);
    const moved = inner.map((frame, i) => ({ ...frame, path: paths[i] as string }));
    return [...stated.slice(0, stated.length - inner.length), ...moved];
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: (key: string) => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make(key);
  known.set(key, value);
  return value;
}

/** The modules below the model, which some files state first. */
function modulesOf(frames: readonly Frame[]): readonly Frame[] {
  return frames[0]?.path === '' ? frames.slice(1) : frames;
}

function weightsIn(names: readonly string[], stored: ReadonlyMap<string, string>): string[] {
  return names.flatMap((name) => stored.get(name) ?? []);
}

/** Outside names of a graph's inputs: the arguments after it. Only single tensors matter, as weights are. */
function namesInside(inner: Json, after: readonly Json[], outer: OuterNames): Map<string, string> {
  const names = new Map<string, string>();
  const given = after.flatMap(tensorsIn);
  for (const [i, item] of inner.get('inputs').items().entries()) {
    const [name] = tensorsIn(item);
    const outside = given[i];
    if (name !== undefined && outside !== undefined) names.set(name, outer?.get(outside) ?? outside);
  }
  return names;
}

/** Names of tensors in an argument. */
function tensorsIn(arg: Json): string[] {
  const { tag, body } = arg.tagged();
  if (tag === 'as_tensor') return [body.get('name').text()];
  if (tag === 'as_tensors') return body.items().map((item) => item.get('name').text());
  if (tag === 'as_optional_tensors' || tag === 'as_nested_tensors')
    return body
      .items()
      .flatMap((item) => (Array.isArray(item.value) ? item.items().map((i) => i.get('name').text()) : tensorsIn(item)));
  return [];
}
