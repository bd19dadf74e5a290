import { ModelError } from '../../source/errors.js';
import { plainNode } from './instruction.js';
import { isMade, type Made, madeWithin } from './made.js';
import { base, nameOf, type PteLoop, type PteNode } from './node.js';
import { FORMAT, type PteInstruction, type PteMethod } from './schema.js';

/** Branches within branches, loops within loops. */
const MAX_DEPTH = 64;

/** A method's instructions as nodes; jumps forward become branches, jumps back loops. Throws ModelError. */
export function nodesOf(method: PteMethod): PteNode[] {
  return stretch(method, 0, method.instructions.length, madeWithin(null, method.inputs), 0);
}

/** Instructions from `start` to before `end`. What they make is added to `made`. */
function stretch(method: PteMethod, start: number, end: number, made: Made, depth: number): PteNode[] {
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `branches are nested more than ${MAX_DEPTH} deep`, {
      format: FORMAT,
      hint: 'the file is damaged: export it again',
    });
  const nodes: PteNode[] = [];
  const add = (node: PteNode): void => {
    for (const out of node.outs) made.own.add(out);
    nodes.push(node);
  };
  for (let at = start; at < end; at++) {
    const last = jumpBack(method, at, end);
    const repeated = last < 0 ? null : loopNodes(method, at, last, made, depth);
    if (repeated !== null) {
      for (const node of repeated) add(node);
      at = last;
      continue;
    }
    const instruction = method.instructions[at] as PteInstruction;
    if (instruction.kind === 'free') continue;
    if (instruction.kind !== 'jump') {
      add(plainNode(method, instruction, made));
      continue;
    }
    const { to, condition } = instruction;
    if (to <= at || to > end) {
      nodes.push(jumpNode(condition));
      continue;
    }
    const behind = endOfBranch(method, at, to, end);
    add(branchNode(method, { at, condition, to, middle: behind > to ? to - 1 : to, behind }, made, depth));
    at = behind - 1;
  }
  return nodes;
}

/** The last jump before `end` that leads back to `at`; −1 for none. */
function jumpBack({ jumpsTo }: PteMethod, at: number, end: number): number {
  const last = jumpsTo.get(at)?.findLast((from) => from < end) ?? -1;
  return last >= at ? last : -1;
}

/** Where a branch ends whose jump leads to `to`: after its other arm, if the first ends with a jump over that one. */
function endOfBranch(method: PteMethod, at: number, to: number, end: number): number {
  const before = method.instructions[to - 1];
  const leaps =
    before?.kind === 'jump' && before.to >= to && before.to <= end && to - 1 > at && isFalse(method, before.condition);
  return leaps ? before.to : to;
}

interface Branch {
  readonly at: number;
  readonly condition: number;
  /** The first arm is before `middle`, the second from `to` on. */
  readonly middle: number;
  readonly to: number;
  readonly behind: number;
}

function branchNode(method: PteMethod, branch: Branch, made: Made, depth: number): PteNode {
  const { at, condition, middle, to, behind } = branch;
  const arms = [
    stretch(method, at + 1, middle, madeWithin(made), depth + 1),
    stretch(method, to, behind, madeWithin(made), depth + 1),
  ] as const;
  const [first, second] = [new Set(madeBy(arms[0])), new Set(madeBy(arms[1]))];
  const outs = [...first].filter((out) => second.has(out) || isMade(made, out));
  return {
    ...base('cond'),
    name: `cond_${at}`,
    input: [nameOf(method, condition)],
    output: outs.map((out) => nameOf(method, out)),
    args: [condition],
    outs,
    kind: 'branch',
    arms,
  };
}

/**
 * The loop between `at` and the jump back there. Where a value that a round makes decides, rounds are run until it is true;
 * where the jump is always taken, one out of the loop decides. Where something else decides, one round and a jump that
 * nothing is known of; null if that is seen before a round is looked at.
 */
function loopNodes(method: PteMethod, at: number, last: number, made: Made, depth: number): readonly PteNode[] | null {
  const back = method.instructions[last];
  if (back?.kind !== 'jump') return null;
  const part = (from: number, to: number): PteNode[] => stretch(method, from, to, madeWithin(made), depth + 1);
  const leaves = jumpOut(method, at, last);
  if (leaves === null) {
    const body = part(at, last);
    if (!madeBy(body).includes(back.condition)) return [...body, jumpNode(back.condition)];
    return [loopNode(method, at, { check: [], body, condition: back.condition, goesWhere: false })];
  }
  if (!isFalse(method, back.condition)) return null;
  const [check, body] = [part(at, leaves.at), part(leaves.at + 1, last)];
  return [loopNode(method, at, { check, body, condition: leaves.condition, goesWhere: true })];
}

/** The first jump from a loop to right after it. */
function jumpOut(method: PteMethod, start: number, last: number): { at: number; condition: number } | null {
  const at = method.jumpsTo.get(last + 1)?.find((from) => from >= start && from < last);
  const jump = at === undefined ? undefined : method.instructions[at];
  return at !== undefined && jump?.kind === 'jump' ? { at, condition: jump.condition } : null;
}

function loopNode(method: PteMethod, at: number, loop: PteLoop): PteNode {
  const outs = [...new Set([...madeBy(loop.check), ...madeBy(loop.body)])];
  const output = outs.map((out) => nameOf(method, out));
  return { ...base('loop'), name: `loop_${at}`, output, outs, kind: 'loop', loop };
}

function jumpNode(condition: number): PteNode {
  return { ...base('jump'), args: [condition], kind: 'jump' };
}

function madeBy(nodes: readonly PteNode[]): number[] {
  return nodes.flatMap((node) => node.outs);
}

function isFalse(method: PteMethod, i: number): boolean {
  const value = method.values[i];
  return value?.kind === 'plain' && value.value === false;
}
