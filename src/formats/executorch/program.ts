import type { GraphNode } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import { FORMAT, type PteDelegate, type PteInstruction, type PteMethod, type PteTensor } from './schema.js';

/** An instruction, or two stretches of them of which one runs. */
export interface PteNode extends GraphNode {
  /** Values that go in, by their numbers. */
  readonly args: readonly number[];
  /** Values that come out. */
  readonly outs: readonly number[];
  readonly kind: 'call' | 'delegate' | 'move' | 'branch' | 'loop' | 'jump';
  readonly arms: readonly [readonly PteNode[], readonly PteNode[]] | null;
  readonly loop?: PteLoop;
  /** What a backend has compiled, and all arguments of its call in their order. */
  readonly compiled?: { readonly delegate: PteDelegate; readonly all: readonly number[] };
}

/** Instructions that a jump back repeats. */
export interface PteLoop {
  /** What runs before each round to see whether there is one; none where a round is run first and asked afterwards. */
  readonly check: readonly PteNode[];
  readonly body: readonly PteNode[];
  /** The value that says so, and whether it says that there is another round or that there is none. */
  readonly condition: number;
  readonly goesWhere: boolean;
}

/** The name of a value: its own where the file has one. */
export function nameOf(method: PteMethod, i: number): string {
  const value = method.values[i];
  return value?.kind === 'tensor' && value.name ? value.name : `value_${i}`;
}

/** Branches within branches. */
const MAX_DEPTH = 64;

/** A method's instructions as nodes; jumps forward become branches, jumps back loops. Throws ModelError. */
export function nodesOf(method: PteMethod): PteNode[] {
  const seen = new Set([...method.inputs]);
  return stretch(method, 0, method.instructions.length, seen, 0);
}

/** The last jump before `end` that leads back to `at`; −1 for none. */
function jumpBack({ jumpsBack }: PteMethod, at: number, end: number): number {
  return jumpsBack.get(at)?.findLast((from) => from < end) ?? -1;
}

function stretch(method: PteMethod, start: number, end: number, seen: Set<number>, depth: number): PteNode[] {
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `branches are nested more than ${MAX_DEPTH} deep`, {
      format: FORMAT,
      hint: 'the file is damaged: export it again',
    });
  const nodes: PteNode[] = [];
  for (let at = start; at < end; at++) {
    const last = jumpBack(method, at, end);
    const loop = last < 0 ? null : loopNode(method, at, last, seen, depth);
    if (loop !== null) {
      for (const out of loop.outs) seen.add(out);
      nodes.push(loop);
      at = last;
      continue;
    }
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
      nodes.push({ ...base('jump'), args: [condition], kind: 'jump' });
      continue;
    }
    const before = method.instructions[to - 1];
    const leaps =
      before?.kind === 'jump' &&
      before.to >= to &&
      before.to <= end &&
      to - 1 > at &&
      isFalse(method, before.condition);
    const [middle, behind] = leaps ? [to - 1, before.to] : [to, to];
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

/**
 * What lies between `at` and the jump back there. Where a value that a round makes decides, rounds are run until it is true;
 * where the jump is always taken, one out of the loop decides. Null where neither is so.
 */
function loopNode(method: PteMethod, at: number, last: number, seen: Set<number>, depth: number): PteNode | null {
  const back = method.instructions[last];
  if (back?.kind !== 'jump') return null;
  const part = (from: number, to: number): PteNode[] => stretch(method, from, to, new Set(seen), depth + 1);
  const made = (nodes: readonly PteNode[]): number[] => nodes.flatMap((node) => node.outs);
  const leaves = method.instructions.findIndex(
    (one, i) => i >= at && i < last && one.kind === 'jump' && one.to === last + 1,
  );
  let loop: PteLoop;
  if (leaves < 0) {
    const body = part(at, last);
    if (!made(body).includes(back.condition)) return null;
    loop = { check: [], body, condition: back.condition, goesWhere: false };
  } else {
    const out = method.instructions[leaves];
    if (out?.kind !== 'jump' || !isFalse(method, back.condition)) return null;
    loop = { check: part(at, leaves), body: part(leaves + 1, last), condition: out.condition, goesWhere: true };
  }
  const outs = [...new Set(made([...loop.check, ...loop.body]))];
  return {
    ...base('loop'),
    name: `loop_${at}`,
    output: outs.map((out) => nameOf(method, out)),
    outs,
    kind: 'loop',
    loop,
  };
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
  // A row is written into what stands first.
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
