import type { GraphNode } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import { FORMAT, type PteDelegate, type PteInstruction, type PteMethod, type PteTensor } from './schema.js';

/** An instruction, or two stretches of them of which one runs. */
export interface PteNode extends GraphNode {
  /** Values that go in, by their numbers. */
  readonly args: readonly number[];
  /** Values that come out. */
  readonly outs: readonly number[];
  readonly kind: 'call' | 'delegate' | 'move' | 'branch' | 'loop';
  readonly arms: readonly [readonly PteNode[], readonly PteNode[]] | null;
  /** What a backend has compiled, and all arguments of its call in their order. */
  readonly compiled?: { readonly delegate: PteDelegate; readonly all: readonly number[] };
}

/** The name of a value: its own where the file has one. */
export function nameOf(method: PteMethod, i: number): string {
  const value = method.values[i];
  return value?.kind === 'tensor' && value.name ? value.name : `value_${i}`;
}

/** Branches within branches. */
const MAX_DEPTH = 64;

/** A method's instructions as nodes; jumps forward become branches. Throws ModelError. */
export function nodesOf(method: PteMethod): PteNode[] {
  const seen = new Set([...method.inputs]);
  return stretch(method, 0, method.instructions.length, seen, 0);
}

function stretch(method: PteMethod, start: number, end: number, seen: Set<number>, depth: number): PteNode[] {
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `branches are nested more than ${MAX_DEPTH} deep`, {
      format: FORMAT,
      hint: 'the file is damaged: export it again',
    });
  const nodes: PteNode[] = [];
  for (let at = start; at < end; at++) {
    const instruction = method.instructions[at] as PteInstruction;
    if (instruction.kind === 'free') continue;
    if (instruction.kind !== 'jump') {
      const node = plainNode(method, instruction, seen);
      for (const out of node.outs) seen.add(out);
      nodes.push(node);
      continue;
    }
    const { to, condition } = instruction;
    if (to <= at || to > end) {
      // What lies between was a round of a loop.
      nodes.push({ ...base('jump'), input: [nameOf(method, condition)], args: [condition], kind: 'loop' });
      continue;
    }
    const last = method.instructions[to - 1];
    const leaps =
      last?.kind === 'jump' && last.to >= to && last.to <= end && to - 1 > at && isFalse(method, last.condition);
    const [middle, behind] = leaps ? [to - 1, last.to] : [to, to];
    const arms = [
      stretch(method, at + 1, middle, new Set(seen), depth + 1),
      stretch(method, to, behind, new Set(seen), depth + 1),
    ] as const;
    const [first, second] = arms.map((arm) => new Set(arm.flatMap((n) => n.outs)));
    const outs = [...(first as Set<number>)].filter((out) => (second as Set<number>).has(out) || seen.has(out));
    for (const out of outs) seen.add(out);
    nodes.push({
      ...base('cond'),
      name: `cond_${at}`,
      input: [nameOf(method, condition)],
      output: outs.map((out) => nameOf(method, out)),
      args: [condition],
      outs,
      kind: 'branch',
      arms,
    });
    at = behind - 1;
  }
  return nodes;
}

function base(opType: string): PteNode {
  return { name: '', opType, input: [], output: [], args: [], outs: [], kind: 'call', arms: null };
}

function isFalse(method: PteMethod, i: number): boolean {
  const value = method.values[i];
  return value?.kind === 'plain' && value.value === false;
}

function plainNode(method: PteMethod, instruction: PteInstruction, seen: ReadonlySet<number>): PteNode {
  const named = (i: number): string => nameOf(method, i);
  if (instruction.kind === 'move') {
    const { from, to } = instruction;
    return { ...base('move'), input: [named(from)], output: [named(to)], args: [from], outs: [to], kind: 'move' };
  }
  if (instruction.kind === 'delegate') {
    // What nothing has made before comes out.
    const isInput = (i: number): boolean => {
      const value = method.values[i];
      return seen.has(i) || value?.kind !== 'tensor' || value.buffer !== null;
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

/** The results stand behind the arguments, once where they are written to and once as what comes back. */
function apart(method: PteMethod, all: readonly number[], operator: string): { args: number[]; outs: number[] } {
  const last = all.at(-1);
  if (last === undefined) return { args: [], outs: [] };
  const items = listed(method, last);
  if (items.length !== 1 || items[0] !== last) {
    // Several results come back as a list.
    const before = all.slice(-1 - items.length, -1);
    if (before.length === items.length && before.every((i, k) => i === items[k]))
      return { args: all.slice(0, -1 - items.length), outs: items };
    const twice = all.at(-2) === last;
    return { args: all.slice(0, twice ? -2 : -1), outs: items };
  }
  for (let n = Math.floor(all.length / 2); n >= 1; n--) {
    const tail = all.slice(-n);
    if (all.slice(-2 * n, -n).every((i, k) => i === tail[k])) return { args: all.slice(0, -2 * n), outs: tail };
  }
  // A result is only written back into, or made anew.
  return /_out$|\.out|\.\w*out$/.test(operator) || method.values[last]?.kind !== 'list'
    ? { args: all.slice(0, -1), outs: [last] }
    : { args: [...all], outs: [] };
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
