import { type GraphValue, isTensor, tensorOrNull } from '../../graph/index.js';
import type { Effect } from '../../ops/index.js';
import { type TensorType, TypePool } from '../../tensor/index.js';
import { isStandard } from './functions.js';
import type { OnnxCall, OnnxRule } from './info.js';
import { type Entry, type NodeContext, OnnxNode } from './node.js';
import type { AttributeProto, NodeProto } from './schema.js';
import type { TensorReader } from './tensors.js';

/** Effects that are kept: a model with more different operators than this does not repeat itself. */
const MAX_KEPT = 16_384;

/**
 * The effects of operators, worked out once for all that have the same attributes and inputs of the same types: models repeat
 * their layers. Only where nothing else takes part: an operator that makes free dimensions, requires something of them,
 * or reads what a file stores is worked out each time.
 */
export class RepeatedEffects {
  readonly #reader: TensorReader;
  readonly #effects = new Map<string, Effect | null>();
  readonly #types = new TypePool();
  readonly #heads = new Map<string, { readonly opset: number; readonly text: string }>();
  readonly #attributes = new Map<AttributeProto, string | null>();
  readonly #rules = new Map<Entry, OnnxRule>();
  readonly #context: (call: OnnxCall, noted: () => void) => NodeContext;

  constructor(reader: TensorReader, context: (call: OnnxCall, noted: () => void) => NodeContext) {
    this.#reader = reader;
    this.#context = context;
  }

  /** The rule of an operator by its entry in the dialect; the same for the same entry. */
  ruleOf(entry: Entry): OnnxRule {
    let rule = this.#rules.get(entry);
    if (rule === undefined) {
      const recent: Recent[] = [];
      rule = (call) => foundIn(recent, call) ?? this.#effectOf(entry, call, recent);
      this.#rules.set(entry, rule);
    }
    return rule;
  }

  #effectOf(entry: Entry, call: OnnxCall, recent: Recent[]): Effect {
    const key = this.#key(call);
    const known = key === null ? null : this.#effects.get(key);
    if (known) {
      remember(recent, call, known);
      return known;
    }
    const { trace } = call.runner;
    let alone = true;
    const node = this.node(call, () => {
      alone = false;
    });
    const { reads } = this.#reader.contents;
    const required = trace.constraints.length;
    const effect = entry(node);
    if (key === null || known === null || this.#effects.size >= MAX_KEPT) return effect;
    alone &&= reads === this.#reader.contents.reads && required === trace.constraints.length;
    const kept = alone && effect.gap === undefined ? effect : null;
    this.#effects.set(key, kept);
    if (kept !== null) {
      trace.share(kept);
      remember(recent, call, kept);
    }
    return effect;
  }

  /** A node as an entry sees it. `noted`: called when it asks for more than types and attributes. */
  node(call: OnnxCall, noted: () => void = () => {}): OnnxNode {
    const { node, inputs, frame } = call;
    let count = node.input.length;
    while (count > 0 && node.input[count - 1] === '') count--;
    const types: (TensorType | null | undefined)[] = [];
    for (let i = 0; i < count; i++)
      types.push(node.input[i] === '' ? undefined : (tensorOrNull(inputs[i] ?? null)?.type ?? null));
    return new OnnxNode(node, opsetOf(node, frame.info.opsets), types, this.#reader, this.#context(call, noted));
  }

  /** All that decides what a node does; null where that is too much to compare. */
  #key({ node, inputs, frame }: OnnxCall): string | null {
    let key = this.#head(node, opsetOf(node, frame.info.opsets));
    for (let i = 0; i < node.attribute.length; i++) {
      const text = this.#attribute(node.attribute[i] as AttributeProto);
      if (text === null) return null;
      key += text;
    }
    if (node.output.length !== 1 || node.output[0] === '')
      key += node.output.map((name) => (name === '' ? '-' : 'o')).join('');
    for (let i = 0; i < node.input.length; i++) {
      if (node.input[i] === '') {
        key += ',';
        continue;
      }
      const value = tensorOrNull(inputs[i] ?? null);
      if (value === null || value.type === null) return null;
      const number = this.#types.number(value.type, this.#reader.contents.has(value.type));
      if (number === null) return null;
      key += value.weight?.kind === 'parameter' ? `,w${number}` : `,${number}`;
    }
    return key;
  }

  /** Operator and version, kept in one piece for those of ONNX itself. */
  #head({ domain, opType }: NodeProto, opset: number): string {
    if (domain !== '') return `${domain.length}:${domain}${opType}\n${opset}\n`;
    let head = this.#heads.get(opType);
    if (head?.opset !== opset) {
      head = { opset, text: `0:${opType}\n${opset}\n` };
      this.#heads.set(opType, head);
    }
    return head.text;
  }

  /** An attribute as text: plain numbers and short texts; null for any other. */
  #attribute(attribute: AttributeProto): string | null {
    const known = this.#attributes.get(attribute);
    if (known !== undefined) return known;
    const text = textOf(attribute);
    this.#attributes.set(attribute, text);
    return text;
  }
}

/** The effect of a node that is like one of the last of its operator; null where it has to be looked up. */
function foundIn(recent: Recent[], { node, inputs, frame }: OnnxCall): Effect | null {
  for (let i = 0; i < recent.length; i++) {
    const one = recent[i] as Recent;
    if (!isLike(one, node, inputs) || one.opset !== opsetOf(node, frame.info.opsets)) continue;
    if (i > 0) {
      recent[i] = recent[i - 1] as Recent;
      recent[i - 1] = one;
    }
    return one.effect;
  }
  return null;
}

function remember(recent: Recent[], { node, inputs, frame }: OnnxCall, effect: Effect): void {
  const { domain, opType, attribute, output } = node;
  if (output.length !== 1 || output[0] === '' || inputs.length > MAX_RECENT) return;
  const types: (TensorType | null)[] = [];
  let weights = 0;
  for (let i = 0; i < inputs.length; i++) {
    const value = node.input[i] === '' ? null : tensorOrNull(inputs[i] ?? null);
    types.push(value?.type ?? null);
    if (value?.weight?.kind === 'parameter') weights |= 1 << i;
  }
  const one: Recent = { domain, opType, opset: opsetOf(node, frame.info.opsets), attribute, types, weights, effect };
  if (recent.length < MAX_RECENT) recent.push(one);
  else recent[MAX_RECENT - 1] = one;
}

/** A node whose effect is known, as far as another one is compared with it: by the very objects that its parts are. */
interface Recent {
  readonly domain: string;
  readonly opType: string;
  readonly opset: number;
  readonly attribute: readonly AttributeProto[];
  /** Null for an input that is left out. */
  readonly types: readonly (TensorType | null)[];
  /** Bit i: input i is a parameter. */
  readonly weights: number;
  readonly effect: Effect;
}
/** Effects of one operator that are compared before they are looked up, and inputs that are. */
const MAX_RECENT = 8;

/** Whether a node has the same attributes and types, object by object: what is equal otherwise is looked up. */
function isLike(recent: Recent, node: NodeProto, inputs: readonly (GraphValue | null)[]): boolean {
  const { attribute, input, output } = node;
  const { types } = recent;
  if (node.opType !== recent.opType || node.domain !== recent.domain) return false;
  if (attribute.length !== recent.attribute.length || input.length !== types.length) return false;
  if (output.length !== 1 || output[0] === '') return false;
  for (let i = 0; i < attribute.length; i++) if (attribute[i] !== recent.attribute[i]) return false;
  for (let i = 0; i < types.length; i++) {
    const value = inputs[i] ?? null;
    if (input[i] === '' || value === null) {
      if (input[i] !== '' || types[i] !== null) return false;
      continue;
    }
    if (!isTensor(value) || value.type === null || value.type !== types[i]) return false;
    if ((value.weight?.kind === 'parameter') !== ((recent.weights & (1 << i)) !== 0)) return false;
  }
  return true;
}

function opsetOf({ domain }: NodeProto, opsets: ReadonlyMap<string, number>): number {
  return opsets.get(isStandard(domain) ? '' : domain) ?? 1;
}

/** Numbers of an attribute that are compared. */
const MAX_NUMBERS = 64;
const PLAIN = new Set(['name', 'type', 'i', 'f', 's', 'ints', 'floats']);

/** Texts have their lengths in front, since they may hold anything. */
function textOf(attribute: AttributeProto): string | null {
  if (!Object.keys(attribute).every((key) => PLAIN.has(key))) return null;
  const { name, type, i, f, s, ints = [], floats = [] } = attribute;
  if ((s !== undefined && typeof s !== 'string') || ints.length + floats.length > MAX_NUMBERS) return null;
  const numbers = [i ?? '', f ?? '', ints.join(' '), floats.join(' ')];
  return `${name.length}:${name} ${type} ${s?.length ?? ''}:${s ?? ''} ${numbers.join(';')}\n`;
}
