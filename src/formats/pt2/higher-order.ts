import type { Dim } from '../../dim/index.js';
import { branch, type GraphValue, iterate, scalarOf, Unsupported } from '../../graph/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import { type Arg, isValue } from '../../torch/operators/index.js';
import type { Json } from './json.js';
import { graphOf, type Pt2Call } from './node.js';
import type { Sizes } from './sizes.js';
import { argOf } from './values.js';

/** Targets of operators that take graphs begin so. */
export const HIGHER_ORDER = 'torch.ops.higher_order.';

/** A higher-order operator about to run: it decides how often, and on what, the graphs that it is given run. */
interface HigherOrderCall {
  readonly call: Pt2Call;
  /** How many graphs there are. */
  readonly count: number;
  /** Runs one of its graphs. */
  readonly run: (i: number, args: readonly Arg[]) => Arg[];
  /** Arguments before the first graph, and after the last one. */
  readonly before: readonly Arg[];
  readonly after: readonly Arg[];
  readonly trustFile: boolean;
}

type HigherOrderRule = (call: HigherOrderCall) => readonly Arg[];

/** One graph, run as it is on the arguments after it: what is wrapped so has other rules for gradients or precision. */
const inline: HigherOrderRule = ({ count, run, after }) => (count === 0 ? [] : run(0, flat(after)));

const cond: HigherOrderRule = ({ call, count, run, before, after }) => {
  if (count < 2) throw new Unsupported('it has no two branches');
  return branch(call, before[0] ?? null, (first) => run(first ? 0 : 1, flat(after))) as Arg[];
};

/** The first graph says whether another round follows; the second takes the state, and what stays the same, to the next. */
const whileLoop: HigherOrderRule = ({ call, count, run, after }) => {
  if (count < 2) throw new Unsupported('it has no condition or no body');
  const [carried = [], ...same] = after;
  const others = flat(same);
  const goes = (states: readonly GraphValue[]): Dim | undefined =>
    scalarOf(run(0, [...(states as Arg[]), ...others])[0]);
  const states = listOf(carried);
  const { states: last } = iterate({
    call,
    states,
    limit: null,
    first: goes(states),
    run: (_, now) => {
      const next = run(1, [...(now as Arg[]), ...others]);
      return { go: goes(next), states: next, stacked: [] };
    },
  });
  return last as Arg[];
};

/** A graph for each position of the first axis of the tensors that are mapped; what is carried stays as it is. */
const map: HigherOrderRule = (given) => {
  const [xs = [], ...rest] = given.after;
  return alongFirstAxis(given, [], listOf(xs), flat(rest));
};

/** A graph for each position of the first axis, passing on a state: init, xs, then what every step sees. */
const scan: HigherOrderRule = (given) => {
  const [init = [], xs = [], ...rest] = given.after;
  return alongFirstAxis(given, listOf(init), listOf(xs), flat(rest));
};

function alongFirstAxis(
  { call, count, run, trustFile }: HigherOrderCall,
  init: readonly Arg[],
  over: readonly Arg[],
  others: readonly Arg[],
): readonly Arg[] {
  if (count === 0) return [];
  const { node, runner } = call;
  const length = over.find(isValue)?.type?.shape[0] ?? 1;
  const rows = over.map((x) => rowOf(call, x));
  const made = iterate({
    call,
    states: init,
    limit: length,
    first: 1,
    run: (_, states) => {
      const outputs = run(0, [...(states as Arg[]), ...rows, ...others]);
      return { go: 1, states: outputs.slice(0, init.length), stacked: outputs.slice(init.length) };
    },
  });
  // The rows that the rounds make are written once, whatever makes them.
  const stacked = made.stacked.map(({ element, parts }, i) => {
    const at = init.length + i;
    const name = node.outputs[at]?.name ?? node.opType;
    const type = isValue(element) ? element.type : null;
    const own: TensorType | null = type === null ? null : { dtype: type.dtype, shape: [parts, ...type.shape] };
    return runner.trace.input(name, (trustFile ? node.stated[at] : null) ?? own);
  });
  return [...(made.states as Arg[]), ...stacked];
}

function rowOf({ runner }: Pt2Call, x: Arg): Arg {
  if (!isValue(x) || x.type === null) return x;
  return runner.trace.alias(x.name, { dtype: x.type.dtype, shape: x.type.shape.slice(1) }, x);
}

function listOf(arg: Arg): readonly Arg[] {
  return Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
}

function flat(args: readonly Arg[]): Arg[] {
  return args.flatMap((arg) => listOf(arg));
}

const RULES: Readonly<Record<string, HigherOrderRule>> = byName({
  cond,
  while_loop: whileLoop,
  map_impl: map,
  map,
  scan,
});

/** Applies an operator of `torch.ops.higher_order`; one that is not known and takes one graph runs it once. */
export function higherOrder(call: Pt2Call, sizes: Sizes, trustFile: boolean): readonly Arg[] {
  const { node, frame, runner } = call;
  const graphs: Json[] = [];
  const before: Arg[] = [];
  let after: Arg[] = [];
  for (const { arg } of node.args) {
    const { tag, body } = arg.tagged();
    if (tag === 'as_graph') {
      graphs.push(body.get('graph'));
      after = [];
    } else (graphs.length === 0 ? before : after).push(argOf(frame.values, arg, sizes));
  }
  const name = node.opType.slice(HIGHER_ORDER.length);
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule === undefined && graphs.length !== 1)
    throw new Unsupported('no rule is known for this higher-order operator');
  const read = graphs.map((graph) => graphOf(graph, sizes));
  return (rule ?? inline)({
    call,
    count: read.length,
    run: (i, args) => runner.run(read[i] as NonNullable<(typeof read)[number]>, args, frame) as Arg[],
    before,
    after,
    trustFile,
  });
}
