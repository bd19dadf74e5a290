import {
  type Call,
  type GraphValue,
  itemAt,
  joinItems,
  type Rule,
  reserveItems,
  scalarOf,
  sequenceIn,
  sequenceLength,
  setItem,
  splitItems,
} from '../../../graph/index.js';
import type { MilInfo, MilNode } from './block.js';
import type { Literal } from './types.js';

type MilCall = Call<MilNode, MilInfo>;

/** An argument as a value; of a number that is there, the number. */
function valueAt({ node, inputs }: MilCall, name: string): GraphValue | null {
  const at: number | Literal | undefined = node.args.get(name)?.[0];
  if (typeof at === 'number') return inputs[at] ?? null;
  return at?.numbers?.length === 1 ? (at.numbers[0] as number) : null;
}

/** The call with the arguments of these names as its inputs. */
function of(call: MilCall, ...names: string[]): MilCall {
  return { ...call, inputs: names.map((name) => valueAt(call, name)) };
}

/** Lists of tensors: what converted recurrent layers keep their steps in. */
export const LISTS: Readonly<Record<string, Rule<MilNode, MilInfo>>> = {
  make_list: (call) => [reserveItems(call, scalarOf(valueAt(call, 'init_length')))],
  list_write: (call) => {
    const value = valueAt(call, 'value') ?? call.runner.trace.opaque(null);
    return [setItem(call, sequenceIn(of(call, 'ls')), value)];
  },
  list_read: (call) => itemAt(call, sequenceIn(of(call, 'ls')), scalarOf(valueAt(call, 'index'))),
  list_length: (call) => sequenceLength(call, sequenceIn(of(call, 'ls'))),
  list_gather: (call) => joinItems(call, sequenceIn(of(call, 'ls')), 0, true),
  list_scatter: (call) => splitItems(of(call, 'value'), { axis: 0, sizes: null, keepAxis: false }),
};
