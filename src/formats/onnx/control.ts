import { add, type Dim, equal, isStatic, lessEqual, mul, sub, sym } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Value } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { Evaluator } from './evaluate.js';
import { flexAttention } from './flex.js';
import { isStandard } from './functions.js';
import { type Held, isOptional, isSequence, isTensor, sameShape } from './held.js';
import { iterate } from './iterate.js';
import { type Context, graphOf, type Rule, recorded, scalarOf } from './rule.js';
import type { NodeProto } from './schema.js';
import { sequences } from './sequences.js';

const RULES: Readonly<Record<string, Rule>> = { If: branch, Loop: loop, Scan: scan, ...sequences };

/** The rule of an operator that is more than a function of tensors; `Identity` is one only of lists and optionals. */
export function control(node: NodeProto, inputs: readonly (Held | null)[]): Rule | undefined {
  if (node.domain === 'ai.onnx.preview' && node.opType === 'FlexAttention') return flexAttention;
  if (!isStandard(node.domain)) return undefined;
  if (node.opType === 'Identity' && (isSequence(inputs[0]) || isOptional(inputs[0]))) return () => [inputs[0] as Held];
  return Object.hasOwn(RULES, node.opType) ? RULES[node.opType] : undefined;
}

/**
 * One of two bodies. Where the condition is known, that one. Else both, each as often as it is taken: `then` times and
 * 1 − `then` times for a new symbol that is 0 or 1, so that the count is exact for either and free of the symbol where
 * both cost the same.
 */
function branch(context: Context): Held[] {
  const { node, inputs, frame, evaluator } = context;
  const condition = scalarOf(inputs[0]);
  const [yes, no] = [graphOf(node, 'then_branch'), graphOf(node, 'else_branch')];
  if (condition !== undefined && isStatic(condition))
    return recorded(context, evaluator.body(equal(condition, 0) ? no : yes, [], frame));
  // What the caller gives is a choice with a name of its own.
  const asked = condition !== undefined && lessEqual(0, condition) === true && lessEqual(condition, 1) === true;
  const taken = asked ? condition : sym(`${evaluator.label(node)}.then`, { min: 0, max: 1 });
  const then = evaluator.trace.repeated(taken, () => evaluator.body(yes, [], frame));
  const other = evaluator.trace.repeated(sub(1, taken), () => evaluator.body(no, [], frame));
  evaluator.note(
    'unknown-branch',
    `which branch ${node.name || 'If'} takes is computed from data: ${String(taken)} is 1 where it is the first, 0 where it is the second`,
    node.name || node.opType,
  );
  return recorded(
    context,
    then.map((a, i) => merged(a, other[i] as Held, taken, evaluator)),
  );
}

/** What one of two values is: extents that differ by the symbol that chooses, nothing where the ranks differ. */
function merged(a: Held, b: Held, taken: Dim, evaluator: Evaluator): Held {
  if (isTensor(a) && isTensor(b)) {
    if (
      a.type === null ||
      b.type === null ||
      a.type.shape.length !== b.type.shape.length ||
      a.type.dtype !== b.type.dtype
    )
      return evaluator.trace.alias(a.name, null, a);
    const choose = (x: Dim, y: Dim): Dim => (equal(x, y) ? x : add(y, mul(taken, sub(x, y))));
    const shape = a.type.shape.map((d, i) => choose(d, b.type?.shape[i] as Dim));
    const known = contents(a.type);
    const other = contents(b.type);
    const integers = known !== undefined && other?.length === known.length && [...known, ...other].every(whole);
    const value = integers ? known.map((d, i) => choose(d, other[i] as Dim)) : undefined;
    return evaluator.trace.alias(a.name, { dtype: a.type.dtype, shape, ...(value === undefined ? {} : { value }) }, a);
  }
  if (isSequence(a) && isSequence(b)) {
    const same = a.item !== null && b.item !== null && sameShape(a.item.shape, b.item.shape);
    const length = equal(a.length, b.length) ? a.length : add(b.length, mul(taken, sub(a.length, b.length)));
    return { kind: 'sequence', items: null, length, item: same ? a.item : null };
  }
  return evaluator.trace.opaque(null);
}

function contents(type: TensorType): readonly Dim[] | undefined {
  return 'value' in type ? type.value : undefined;
}

function whole(d: Dim): boolean {
  return typeof d !== 'number' || Number.isInteger(d);
}

/** M times at most, and while the condition holds: the body takes the number of the round, the condition and the state. */
function loop(context: Context): Held[] {
  const { node, inputs, frame, evaluator } = context;
  const body = graphOf(node, 'body');
  const limit = inputs[0] === null || inputs[0] === undefined ? null : (scalarOf(inputs[0]) ?? 'unknown');
  const given = inputs[1] === null || inputs[1] === undefined ? 1 : scalarOf(inputs[1]);
  const { trace } = evaluator;
  const flag = (value: Dim | undefined): Value =>
    trace.constant(null, { dtype: 'bool', shape: [], ...(value === undefined ? {} : { value: [value] }) });
  const result = iterate({
    context,
    states: inputs.slice(2).map((s) => s ?? trace.opaque(null)),
    limit,
    first: given,
    run: (round, states, condition) => {
      const index = trace.constant(null, { dtype: 'int64', shape: [], ...(round === null ? {} : { value: [round] }) });
      const [go, ...outputs] = evaluator.body(body, [index, flag(condition), ...states], frame);
      return { go: scalarOf(go), states: outputs.slice(0, states.length), stacked: outputs.slice(states.length) };
    },
  });
  return [...result.states, ...result.stacked.map((s) => s(0))];
}

/** A body over slices of tensors: `num_scan_inputs` of them, along an axis each; states are handed from one to the next. */
function scan(context: Context): Held[] {
  const { node, inputs, frame, evaluator } = context;
  const body = graphOf(node, 'body');
  const { trace } = evaluator;
  const opset = frame.opsets.get('') ?? 9;
  const ints = (name: string): number[] => (node.attribute.find((a) => a.name === name)?.ints ?? []).map(Number);
  const count = Number(node.attribute.find((a) => a.name === 'num_scan_inputs')?.i ?? 0);
  // Opset 8 had lengths in front and a batch axis that every tensor begins with.
  const batched = opset < 9;
  const data = batched ? inputs.slice(1) : inputs;
  const states = data.slice(0, data.length - count);
  const scanned = data.slice(data.length - count).map((held, i) => {
    if (!isTensor(held) || held.type === null)
      throw new Unsupported('the shape of what it scans is not known', data.length - count + i);
    const axis = ints('scan_input_axes')[i] ?? (batched ? 1 : 0);
    const at = axis < 0 ? axis + held.type.shape.length : axis;
    const shape = held.type.shape.filter((_, k) => k !== at && !(batched && k === 0));
    return { value: held, length: held.type.shape[at] as Dim, type: { dtype: held.type.dtype, shape } };
  });
  const batch = batched ? (scanned[0]?.value.type?.shape[0] ?? 1) : 1;
  const unbatched = (held: Held | null): Held =>
    !isTensor(held) || held.type === null
      ? (held ?? trace.opaque(null))
      : trace.alias(null, batched ? { dtype: held.type.dtype, shape: held.type.shape.slice(1) } : held.type, held);
  const go = (): ReturnType<typeof iterate> =>
    iterate({
      context,
      states: states.map(unbatched),
      limit: scanned[0]?.length ?? 0,
      first: 1,
      run: (_, now) => {
        const slices = scanned.map(({ value, type }) => trace.alias(null, type, value));
        const outputs = evaluator.body(body, [...now, ...slices], frame);
        return { go: 1, states: outputs.slice(0, now.length), stacked: outputs.slice(now.length) };
      },
    });
  const result = batched ? trace.repeated(batch, go) : go();
  const axes = ints('scan_output_axes');
  const outputs: Held[] = [...result.states, ...result.stacked.map((s, i) => s(axes[i] ?? 0))];
  if (!batched) return outputs;
  return outputs.map((o) =>
    isTensor(o) && o.type !== null
      ? trace.alias(o.name, { dtype: o.type.dtype, shape: [batch, ...o.type.shape] }, o)
      : o,
  );
}
