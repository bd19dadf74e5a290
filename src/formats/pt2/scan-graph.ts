import type { Json } from './json.js';
import { type Frame, framesOf } from './scopes.js';
import type { Usage } from './weights.js';

/** What one look over all nodes tells before any is worked out. */
export interface GraphScan {
  readonly usage: Usage;
  /** Classes by path. */
  readonly types: ReadonlyMap<string, string>;
  /** Whether keys number repeated calls: some does, or the exporter is one that would. */
  readonly numbered: boolean;
  /** Whether nodes say which modules they belong to. */
  readonly scoped: boolean;
}

const MAX_DEPTH = 64;

/** Looks over a graph and those inside it: which modules there are, and which names each of them uses. */
export function scanGraph(graph: Json): GraphScan {
  const scan = new Scan();
  scan.look(graph, 0, null);
  for (const output of graph.get('outputs').items()) for (const name of tensorsIn(output)) scan.used.add(name);
  const { used, byModule, types, numbered, scoped } = scan;
  return { usage: { used, byModule }, types, numbered, scoped };
}

/** Names inside a graph that is an argument, by which they have outside; null for the outermost graph. */
type OuterNames = ReadonlyMap<string, string> | null;

class Scan {
  readonly used = new Set<string>();
  readonly byModule = new Map<string, Set<string>>();
  readonly types = new Map<string, string>();
  numbered = false;
  scoped = false;
  /** By the text of the stack: nodes of one module have the same. */
  readonly #frames = new Map<string, readonly Frame[]>();

  look(graph: Json, depth: number, outer: OuterNames): void {
    for (const node of graph.get('nodes').items()) {
      const module = this.#framesOf(node).at(-1)?.path ?? '';
      const args = node
        .get('inputs')
        .items()
        .map((input) => input.get('arg'));
      for (const [at, arg] of args.entries()) {
        const { tag, body } = arg.tagged();
        if (tag === 'as_graph' && depth < MAX_DEPTH) {
          const inner = body.get('graph');
          this.look(inner, depth + 1, namesInside(inner, args.slice(at + 1), outer));
        } else for (const name of tensorsIn(arg)) this.#use(name, module, outer);
      }
    }
  }

  #use(name: string, module: string, outer: OuterNames): void {
    const own = outer === null ? name : outer.get(name);
    if (own === undefined) return;
    this.used.add(own);
    const set = this.byModule.get(module) ?? new Set<string>();
    this.byModule.set(module, set.add(own));
  }

  /** The modules that a node belongs to, the outermost first. */
  #framesOf(node: Json): readonly Frame[] {
    const metadata = node.get('metadata');
    const stack = metadata.missing ? metadata : metadata.get('nn_module_stack');
    const text = typeof stack.value === 'string' ? stack.value : '';
    const known = this.#frames.get(text);
    if (known !== undefined) return known;
    const frames = framesOf(text);
    this.#frames.set(text, frames);
    for (const { key, path, type } of frames) {
      this.scoped = true;
      this.numbered ||= /@\d+$/.test(key);
      if (type !== '' && !this.types.has(path)) this.types.set(path, type);
    }
    return frames;
  }
}

/** What a graph's inputs are called outside: the arguments after it. Only single tensors matter, as weights are. */
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
