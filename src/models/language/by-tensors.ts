import { type Dim, sym } from '../../dim/index.js';
import type { Ledger, Note, StoredWeights } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { unit } from './blocks/unit.js';

/** A weight as a checkpoint lists it: its name, and its extents in PyTorch's order, out×in of a matrix. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ByTensorsOptions {
  readonly bind?: ReadonlyMap<string, Dim>;
  /** How many of its experts a token goes through, if that is known. */
  readonly expertsUsed?: number | null;
}

export interface ByTensors {
  /** The assumption, for a note. */
  readonly how: string;
  /** The part that is not counted. */
  readonly notes: readonly Note[];
  trace(stored: StoredWeights): Ledger;
}

/** Each weight is a module: more than this is not a model. */
const MAX_TENSORS = 200_000;
const MAX_DEPTH = 32;
const LISTED = 4;
/** Tables that are looked up by word, position or kind. */
const TABLE = /embed|(embd|wte|wpe|token_types|relative_attention_bias|rel_b)\b/i;
const WORDS = /(^|\.)(token_embd|embed_tokens|wte|word_embeddings|tok_embeddings|embed_in)\.weight$/;
const HEAD = /(^|\.)(output|lm_head|embed_out)\.weight$/;

interface Node {
  readonly children: Map<string, Node>;
  readonly tensors: Map<string, NamedTensor>;
}

/**
 * A model of which nothing is known but its weights: every matrix multiplies every token, stacked matrices of experts those
 * of the experts that a token is sent to, and everything else is named as not counted. Never a guess in silence.
 */
export function traceTensors(tensors: readonly NamedTensor[], options: ByTensorsOptions = {}): ByTensors {
  if (tensors.length === 0)
    throw new ModelError('malformed', 'the file has no tensors', { hint: 'give the file that holds the weights' });
  if (tensors.length > MAX_TENSORS)
    throw new ModelError('limit', `the file has ${tensors.length} tensors: at most ${MAX_TENSORS} are built`, {
      hint: 'give the model’s config.json',
    });
  const words = tensors.find((t) => WORDS.test(t.name));
  const tied = words !== undefined && !tensors.some((t) => HEAD.test(t.name)) ? words : null;
  const { module, paths, left } = productsOf(tensors, { tied, used: options.expertsUsed ?? null });
  const free = (name: string): Dim => options.bind?.get(name) ?? sym(name);
  return {
    how: 'each matrix of the file is counted as one product with every token, and nothing else is',
    notes: [...tiedNote(tied), ...leftNote(left.filter((t) => !isVector(t)))],
    trace: (stored) => {
      const byPath = new Map([...stored].map(([name, kept]) => [paths.get(name) ?? name, kept] as const));
      return nn.readModule(module, [{ name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' }], {
        stored: byPath,
      });
    },
  };
}

/** Makes the vectors of all tokens at a width: batch×sequence×width. */
type Tokens = (width: number) => nn.Tensor;
type Product = (tokens: Tokens) => nn.Tensor;
interface Assumptions {
  /** The table of words that is also the head. */
  readonly tied: NamedTensor | null;
  readonly used: number | null;
}

/** A module of all tensors whose pass is their products; the paths of the tensors in it, and those without a product. */
function productsOf(
  tensors: readonly NamedTensor[],
  assumed: Assumptions,
): {
  readonly module: nn.AnyModule;
  readonly paths: ReadonlyMap<string, string>;
  readonly left: readonly NamedTensor[];
} {
  const root: Node = { children: new Map(), tensors: new Map() };
  for (const tensor of tensors) place(root, tensor);
  const products: Product[] = [];
  const paths = new Map<string, string>();
  const left: NamedTensor[] = [];
  const module = moduleOf(root, '', (tensor, parameter, path) => {
    paths.set(tensor.name, path);
    const product = productOf(tensor, parameter, assumed);
    if (product === 'none') left.push(tensor);
    else if (product !== 'counted') products.push(product);
  });
  const forward = (ids: nn.Tensor): nn.Tensor => {
    const made = new Map<number, nn.Tensor>();
    const tokens: Tokens = (width) => {
      const known = made.get(width) ?? nn.functional.zeros([ids.size(0), ids.size(1), width]);
      made.set(width, known);
      return known;
    };
    return products.reduce((_, run) => run(tokens), ids);
  };
  Object.defineProperty(module, 'forward', { value: forward, enumerable: false, configurable: true });
  return { module, paths, left };
}

/** A module with the tensors of a node as parameters and its children as modules. */
function moduleOf(
  node: Node,
  path: string,
  found: (tensor: NamedTensor, parameter: nn.Parameter, path: string) => void,
): nn.AnyModule {
  const made = unit('Module', {}, () => undefined) as nn.AnyModule;
  const under = (own: string): string => (path === '' ? own : `${path}.${own}`);
  const set = (own: string, value: unknown): void => {
    Object.defineProperty(made, own, { value, enumerable: true, configurable: true, writable: true });
  };
  for (const [name, child] of node.children) {
    const own = safe(made, name);
    set(own, moduleOf(child, under(own), found));
  }
  for (const [name, tensor] of node.tensors) {
    const own = safe(made, name);
    const parameter = new nn.Parameter(tensor.shape);
    set(own, parameter);
    found(tensor, parameter, under(own));
  }
  return made;
}

/** The product of a tensor with the tokens; `none` for a tensor without one, `counted` if others of its kind stand for it. */
function productOf(
  tensor: NamedTensor,
  parameter: nn.Parameter,
  { tied, used }: Assumptions,
): Product | 'none' | 'counted' {
  const [outer = 0, second = 0, third = 0] = tensor.shape;
  const rank = tensor.shape.length;
  const table = TABLE.test(pathEnd(tensor.name)) && !HEAD.test(tensor.name);
  const expert = Number(/(?:^|\.)experts\.(\d+)\./.exec(tensor.name)?.[1] ?? -1);
  // Of experts that are one by one a token meets as many as it is sent to: those of equal size are the same.
  if (rank === 2 && used !== null && expert >= used) return 'counted';
  if (rank === 2 && (!table || tensor === tied) && outer > 1 && second > 1)
    return (tokens) => nn.functional.linear(tokens(second), parameter);
  if (rank === 3 && used !== null && used > 0 && used <= outer)
    return (tokens) => {
      const rows = tokens(third).reshape(-1, third);
      const each = rows.unsqueeze(1).expand(rows.size(0), used, third);
      return nn.functional.expert_linear(each, parameter, null, true);
    };
  return 'none';
}

/** The last words and dots of a name. */
function pathEnd(name: string): string {
  return name.split(/[^\w.]/).at(-1) ?? '';
}

function place(root: Node, tensor: NamedTensor): void {
  const parts = tensor.name.split('.');
  const name = parts.splice(Math.min(parts.length - 1, MAX_DEPTH)).join('.');
  let at = root;
  for (const part of parts) {
    let child = at.children.get(part);
    if (child === undefined) {
      child = { children: new Map(), tensors: new Map() };
      at.children.set(part, child);
    }
    at = child;
  }
  at.tensors.set(name, tensor);
}

/** Norms and biases: elementwise, a few operations a token. */
function isVector(tensor: NamedTensor): boolean {
  return tensor.shape.filter((d) => d > 1).length <= 1;
}

function tiedNote(tied: NamedTensor | null): Note[] {
  if (tied === null) return [];
  return [
    {
      code: 'maybe-tied',
      message: `there is no head: ${tied.name} is taken for it as well, and multiplies every token once`,
    },
  ];
}

function leftNote(left: readonly NamedTensor[]): Note[] {
  const names = left.slice(0, LISTED).map((t) => `${t.name} ${t.shape.join('×')}`);
  const rest = left.length > LISTED ? ', …' : '';
  const others =
    'attention itself, norms, biases and activations are not counted either: a list of weights does not tell them';
  return [
    {
      code: 'not-counted',
      message:
        left.length === 0
          ? others
          : `${left.length} tensors that are not matrices of a product are not counted (${names.join(', ')}${rest}); ${others}`,
    },
  ];
}

/** A name that neither the module nor JavaScript uses for something else. */
function safe(module: nn.AnyModule, name: string): string {
  let own = name === '' ? '_' : name;
  while (own in module) own += '_';
  return own;
}
