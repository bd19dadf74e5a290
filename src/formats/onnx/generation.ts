import { add, type Dim, mul, sub } from '../../dim/index.js';
import { type GraphValue, isTensor, iterate, scalarOf, Unsupported } from '../../graph/index.js';
import type { Effect } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import { bodyOf, type OnnxCall, type OnnxRule } from './info.js';
import type { GraphProto, ValueInfoProto } from './schema.js';
import { statedType } from './symbols.js';

/**
 * Generation inside a graph, as ONNX Runtime has it: a pass over the prompt, or an encoder, then a decoder once a token, its
 * caches growing. How many tokens are made depends on the text: it is the free dimension `<node>.trips`. Definitions:
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

/** The sizes of the inputs of the bodies. */
interface Sizes {
  readonly batch: Dim;
  /** Sequences that are decoded at the same time. */
  readonly rows: Dim;
  /** Tokens of this pass, and those before it. */
  readonly length: Dim;
  readonly past: Dim;
  /** Length of the prompt, or of what the encoder reads. */
  readonly prompt: Dim;
}

/** `present_key_self_0` becomes `past_key_self_0` in the next pass. */
const pastName = (output: string): string => output.replace(/^present/, 'past');

const generate =
  (op: 'beam_search' | 'greedy_search' | 'sampling', beams: boolean): OnnxRule =>
  (call): Effect => {
    const { inputs, runner, node } = call;
    const [source] = inputs;
    if (!isTensor(source) || source.type === null) throw new Unsupported('the shape of its input is not known', 0);
    const given = source.type;
    const [batch = 1, prompt = 1] = given.shape;
    const scalar = (i: number, name: string): Dim =>
      scalarOf(inputs[i] ?? null) ?? runner.symbol(`${runner.label(node)}.${name}`, { min: 1 });
    const width = beams ? scalar(3, 'beams') : 1;
    const limit = scalar(1, 'max_length');
    const rows = mul(batch, width);
    const kept = beams ? [scalar(4, 'sequences')] : [];
    const outputs: TensorType[] = [{ dtype: 'int32', shape: [batch, ...kept, limit] }];
    if (beams) outputs.push({ dtype: 'float32', shape: [batch, ...kept] });
    if (graphOf(call, 'decoder') === undefined)
      return { op, outputs, work: [], gap: 'it has no decoder: what it runs is not in the file' };
    const encoded = graphOf(call, 'encoder') !== undefined;
    const first = encoded
      ? pass(call, 'encoder', { batch, rows: batch, length: 1, past: 0, prompt }, new Map(), given)
      : pass(
          call,
          graphOf(call, 'init_decoder') === undefined ? 'decoder' : 'init_decoder',
          { batch, rows, length: prompt, past: 0, prompt },
          new Map(),
          given,
        );
    const names = (graphOf(call, 'decoder')?.input ?? []).map((i) => i.name).filter((name) => first.has(name));
    const before = encoded ? (first.has('logits') ? 2 : 1) : add(prompt, 1);
    const most = sub(limit, before);
    // An end is found in the text: any number up to the limit.
    const steps = runner.symbol(`${runner.label(node)}.trips`, {
      min: 0,
      max: typeof most === 'number' ? Math.max(0, most) : null,
    });
    iterate({
      call,
      states: names.map((name) => widenedTo(first.get(name) as GraphValue, batch, rows, call)),
      limit: steps,
      first: 1,
      run: (_, states) => {
        const held = new Map(names.map((name, i) => [name, states[i] as GraphValue]));
        const sizes = { batch, rows, length: 1, past: cached(held), prompt };
        const made = pass(call, 'decoder', sizes, held, given);
        return {
          go: 1,
          states: names.map((name, i) => made.get(name) ?? (states[i] as GraphValue)),
          stacked: [],
        };
      },
    });
    return { op, outputs, work: [] };
  };

function graphOf({ node }: OnnxCall, attribute: string): GraphProto | undefined {
  return node.attribute.find((a) => a.name === attribute)?.g;
}

/** Runs a body once; gives its outputs by the names under which the next pass reads them. */
function pass(
  call: OnnxCall,
  attribute: string,
  sizes: Sizes,
  held: ReadonlyMap<string, GraphValue>,
  given: TensorType,
): Map<string, GraphValue> {
  const graph = graphOf(call, attribute);
  if (graph === undefined) throw new Unsupported(`it has no ${attribute}`);
  const args = graph.input.map((info) => held.get(info.name) ?? argument(call, info, sizes, given));
  const outputs = call.runner.run(bodyOf(call, attribute), args, call.frame);
  return new Map(graph.output.map((info, i) => [pastName(info.name), outputs[i] as GraphValue]));
}

/** A tensor for an input of a body: what its name says it is as large as, and the numbers that the file states. */
function argument({ runner }: OnnxCall, info: ValueInfoProto, sizes: Sizes, given: TensorType): GraphValue {
  const stated = statedType(info.name, info.type, new Map());
  if (stated === null) throw new Unsupported(`the type of ${info.name} of its body is not stated`);
  const shape = shapeOf(info.name, stated, sizes, given);
  return runner.trace.constant(info.name, { dtype: stated.dtype, shape });
}

function shapeOf(name: string, stated: TensorType, sizes: Sizes, given: TensorType): readonly Dim[] {
  const { batch, rows, length, past, prompt } = sizes;
  const numbered = (wanted: readonly Dim[]): Dim[] =>
    stated.shape.map((d, i) => (typeof d === 'number' ? d : (wanted[i] ?? d)));
  const rank = stated.shape.length;
  if (/features/.test(name)) return given.shape;
  if (/^past/.test(name)) {
    const kept = /cross/.test(name) ? prompt : past;
    const lead = rank === 5 ? [2, rows] : [rows];
    return stated.shape.map((d, i) => (i === rank - 2 ? kept : (lead[i] ?? d)));
  }
  if (/encoder/.test(name) && !/decoder/.test(name)) return numbered([/hidden/.test(name) ? rows : batch, prompt]);
  if (/mask/.test(name)) return numbered([rows, rank === 2 ? add(past, length) : length]);
  return numbered([rows, length]);
}

/** The contents of the caches of the decoder's own tokens. */
function cached(held: ReadonlyMap<string, GraphValue>): Dim {
  for (const [name, value] of held)
    if (/^past/.test(name) && !/cross/.test(name) && isTensor(value) && value.type !== null)
      return value.type.shape.at(-2) ?? 0;
  return 0;
}

/** The encoder's result for each text, once for each of its beams. */
function widenedTo(value: GraphValue, batch: Dim, rows: Dim, { runner }: OnnxCall): GraphValue {
  if (!isTensor(value) || value.type === null) return value;
  const [first, ...rest] = value.type.shape;
  if (first === undefined || String(first) !== String(batch) || String(rows) === String(batch)) return value;
  return runner.trace.alias(value.name, { dtype: value.type.dtype, shape: [rows, ...rest] }, value);
}

/** Operators of `com.microsoft` that run bodies. */
export const generation: Readonly<Record<string, OnnxRule>> = byName({
  BeamSearch: generate('beam_search', true),
  WhisperBeamSearch: generate('beam_search', true),
  GreedySearch: generate('greedy_search', false),
  Sampling: generate('sampling', false),
});
