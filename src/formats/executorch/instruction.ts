import { isMade, type Made } from './made.js';
import { base, nameOf, type PteNode } from './node.js';
import type { PteInstruction, PteMethod, PteTensor } from './schema.js';

/** An instruction that is neither a jump nor about memory, as a node. `made`: what there is when it runs. */
export function plainNode(method: PteMethod, instruction: PteInstruction, made: Made): PteNode {
  const named = (i: number): string => nameOf(method, i);
  if (instruction.kind === 'move') {
    const { from, to } = instruction;
    return { ...base('move'), input: [named(from)], output: [named(to)], args: [from], outs: [to], kind: 'move' };
  }
  if (instruction.kind === 'delegate') {
    // A value that nothing has made before is an output.
    const isInput = (i: number): boolean => {
      const value = method.values[i];
      return isMade(made, i) || value?.kind !== 'tensor' || value.buffer !== null;
    };
    const [args, outs] = [instruction.args.filter(isInput), instruction.args.filter((i) => !isInput(i))];
    const all = outs.flatMap((i) => listed(method, i));
    return {
      ...base(instruction.delegate.backend),
      name: all.map(named)[0] ?? instruction.delegate.backend,
      input: tensorsIn(method, args).map(named),
      output: all.map(named),
      args,
      outs: all,
      kind: 'delegate',
      compiled: { delegate: instruction.delegate, all: instruction.args },
    };
  }
  if (instruction.kind !== 'call') return base('free');
  const { args, outs } = apart(method, instruction.args, instruction.operator);
  return {
    ...base(instruction.operator),
    name: outs.map(named)[0] ?? '',
    input: tensorsIn(method, args).map(named),
    output: outs.map(named),
    args,
    outs,
  };
}

/** The results are after the arguments, once where they are written to and once as what comes back. */
function apart(method: PteMethod, all: readonly number[], operator: string): { args: number[]; outs: number[] } {
  const last = all.at(-1);
  if (last === undefined) return { args: [], outs: [] };
  // A row is written into what is first.
  if (operator.startsWith('executorch_prim::et_copy_index')) return { args: all.slice(1), outs: all.slice(0, 1) };
  const items = listed(method, last);
  if (items.length !== 1 || items[0] !== last) {
    // Several results come back as a list.
    const before = all.slice(-1 - items.length, -1);
    if (before.length === items.length && before.every((i, k) => i === items[k]))
      return { args: all.slice(0, -1 - items.length), outs: items };
    const twice = all.at(-2) === last;
    return { args: all.slice(0, twice ? -2 : -1), outs: items };
  }
  const twice = repeatedAtEnd(all);
  if (twice > 0) return { args: all.slice(0, -2 * twice), outs: all.slice(-twice) };
  // A result is only written back into, or made anew.
  return /_out$|\.out|\.\w*out$/.test(operator) || method.values[last]?.kind !== 'list'
    ? { args: all.slice(0, -1), outs: [last] }
    : { args: [...all], outs: [] };
}

/** How many values at the end are there twice, one run after the other: the longest such run. 0: none does. */
function repeatedAtEnd(all: readonly number[]): number {
  for (let n = Math.floor(all.length / 2); n >= 1; n--) {
    let same = 0;
    while (same < n && all[all.length - 1 - same] === all[all.length - 1 - n - same]) same++;
    if (same === n) return n;
  }
  return 0;
}

/** The items of a list of tensors, or the value itself. */
function listed(method: PteMethod, i: number): number[] {
  const value = method.values[i];
  return value?.kind === 'list' && value.items.some((k) => method.values[k]?.kind === 'tensor')
    ? [...value.items]
    : [i];
}

/** The tensors among values, those of lists too. */
export function tensorsIn(method: PteMethod, values: readonly number[]): number[] {
  return values.flatMap((i) => listed(method, i)).filter((i) => i >= 0 && method.values[i]?.kind === 'tensor');
}

export function tensorAt(method: PteMethod, i: number): PteTensor | null {
  const value = method.values[i];
  return value?.kind === 'tensor' ? value : null;
}
