import type { Dim } from '../../dim/index.js';
import {
  branch,
  type GraphValue,
  isOptional,
  isSequence,
  isTensor,
  iterate,
  recordOutputs,
  recordStack,
  repeatCounted,
  Unsupported,
} from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import { flexAttention } from './flex.js';
import { isStandard } from './functions.js';
import { generation } from './generation.js';
import { bodyOf, type OnnxCall, type OnnxRule } from './info.js';
import type { NodeProto } from './schema.js';
import { sequences } from './sequences.js';

/** The rule of an operator that is more than a function of tensors; `Identity` is one only of lists and optionals. */
export function control(node: NodeProto, inputs: readonly (GraphValue | null)[]): OnnxRule | undefined {
  if (node.domain === 'ai.onnx.preview' && node.opType === 'FlexAttention') return flexAttention;
  if (node.domain === 'com.microsoft') return generation[node.opType];
  if (!isStandard(node.domain)) return undefined;
  const first = inputs[0];
  if (node.opType === 'Identity' && (isSequence(first) || isOptional(first))) return () => [first];
  return Object.hasOwn(RULES, node.opType) ? RULES[node.opType] : undefined;
}

const RULES: Readonly<Record<string, OnnxRule>> = byName({
  If: (call) => {
    const arms = { true: bodyOf(call, 'then_branch'), false: bodyOf(call, 'else_branch') };
    const run = (first: boolean): GraphValue[] => call.runner.run(arms[`${first}`], [], call.frame);
    return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
  },
  Loop: (call) => repeatCounted(call, bodyOf(call, 'body')),
  Scan: scan,
  ...sequences,
});

/** A body over slices of tensors: `num_scan_inputs` of them, along an axis each; states pass from one to the next. */
function scan(call: OnnxCall): GraphValue[] {
  const { node, inputs, frame, runner } = call;
  const body = bodyOf(call, 'body');
  const { trace } = runner;
  const opset = frame.info.opsets.get('') ?? 9;
  const ints = (name: string): number[] => (node.attribute.find((a) => a.name === name)?.ints ?? []).map(Number);
  const count = Number(node.attribute.find((a) => a.name === 'num_scan_inputs')?.i ?? 0);
  // Opset 8 had lengths in front and a batch axis that every tensor begins with.
  const batched = opset < 9;
  const data = batched ? inputs.slice(1) : inputs;
  const initial = data.slice(0, data.length - count);
  const scanned = data.slice(data.length - count).map((value, i) => {
    if (!isTensor(value) || (value as Value).type === null)
      throw new Unsupported('the shape of what it scans is not known', data.length - count + i);
    const tensor = value as Value & { readonly type: NonNullable<Value['type']> };
    const axis = ints('scan_input_axes')[i] ?? (batched ? 1 : 0);
    const at = axis < 0 ? axis + tensor.type.shape.length : axis;
    const shape = tensor.type.shape.filter((_, k) => k !== at && !(batched && k === 0));
    return { tensor, length: tensor.type.shape[at] as Dim, type: { dtype: tensor.type.dtype, shape } };
  });
  const batch = batched ? (scanned[0]?.tensor.type.shape[0] ?? 1) : 1;
  const unbatched = (value: GraphValue | null): GraphValue =>
    !isTensor(value) || (value as Value).type === null
      ? (value ?? trace.opaque(null))
      : trace.alias(null, withoutBatch(value as Value, batched), value as Value);
  const go = (): GraphValue[] => {
    const result = iterate({
      call,
      states: initial.map(unbatched),
      limit: scanned[0]?.length ?? 0,
      first: 1,
      run: (_, now) => {
        const slices = scanned.map(({ tensor, type }) => trace.alias(null, type, tensor));
        const outputs = runner.run(body, [...now, ...slices], frame);
        return { go: 1, states: outputs.slice(0, now.length), stacked: outputs.slice(now.length) };
      },
    });
    const states = recordOutputs(call, result.states);
    const axes = ints('scan_output_axes');
    const stacks = result.stacked.map(({ element, parts }, i) =>
      recordStack(call, element, parts, axes[i] ?? 0, states.length + i),
    );
    return [...states, ...stacks];
  };
  if (!batched) return go();
  return trace
    .repeated(batch, go)
    .map((o) =>
      isTensor(o) && o.type !== null
        ? trace.alias(o.name, { dtype: o.type.dtype, shape: [batch, ...o.type.shape] }, o)
        : o,
    );
}

function withoutBatch({ type }: Value, batched: boolean): Value['type'] {
  return batched && type !== null ? { dtype: type.dtype, shape: type.shape.slice(1) } : type;
}
