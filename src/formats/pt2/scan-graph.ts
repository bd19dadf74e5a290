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
  const used = new Set<string>();
  const byModule = new Map<string, Set<string>>();
  const types = new Map<string, string>();
  let numbered = false;
  let scoped = false;
  const cache = new Map<string, readonly Frame[]>();
  const look = (g: Json, depth: number, outer: ReadonlyMap<string, string> | null): void => {
    // Inside a graph of its own, what is handed in has the names that it has outside.
    for (const node of g.get('nodes').items()) {
      const metadata = node.get('metadata');
      const stack = metadata.missing ? metadata : metadata.get('nn_module_stack');
      const text = typeof stack.value === 'string' ? stack.value : '';
      let frames = cache.get(text);
      if (frames === undefined) {
        frames = framesOf(text);
        cache.set(text, frames);
        for (const { key, path, type } of frames) {
          scoped = true;
          numbered ||= /@\d+$/.test(key);
          if (type !== '' && !types.has(path)) types.set(path, type);
        }
      }
      const module = frames.at(-1)?.path ?? '';
      const handed: string[] = [];
      for (const input of node.get('inputs').items()) {
        const { tag, body } = input.get('arg').tagged();
        if (tag === 'as_graph' && depth < MAX_DEPTH) {
          const inner = body.get('graph');
          const names = new Map<string, string>();
          // The arguments after the graph are its inputs; here only single tensors matter, for weights are such.
          const rest = node
            .get('inputs')
            .items()
            .map((i) => tensorsIn(i.get('arg')));
          const at = node
            .get('inputs')
            .items()
            .findIndex((i) => i.get('arg').tagged().body.value === body.value);
          const flat = rest.slice(at + 1).flat();
          for (const [i, item] of inner.get('inputs').items().entries()) {
            const [name] = tensorsIn(item);
            const given = flat[i];
            if (name !== undefined && given !== undefined) names.set(name, outer?.get(given) ?? given);
          }
          look(inner, depth + 1, names);
        } else handed.push(...tensorsIn(input.get('arg')));
      }
      for (const name of handed) {
        const own = outer === null ? name : outer.get(name);
        if (own === undefined) continue;
        used.add(own);
        const set = byModule.get(module) ?? new Set<string>();
        byModule.set(module, set.add(own));
      }
    }
  };
  look(graph, 0, null);
  for (const output of graph.get('outputs').items()) for (const name of tensorsIn(output)) used.add(name);
  return { usage: { used, byModule }, types, numbered, scoped };
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
