import { add, type Dim, sum } from '../dim/index.js';
import { TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { isGraphless, type Row } from './node.js';
import type { Ledger, ModuleCall, OpEntry, Weight } from './types.js';
import { weightRows } from './weights.js';

export const GROUPINGS = ['module', 'layer', 'op', 'node', 'line'] as const;
export type Grouping = (typeof GROUPINGS)[number];

interface Draft {
  path: string;
  type: string;
  /** Each once: few. */
  ops: string[];
  calls: Set<unknown>;
  inputs: readonly (Shape | null)[];
  outputs: readonly (Shape | null)[];
  facts: OpCost[];
}

/**
 * A ledger's rows: `layer` is one a leaf module (its calls together) and one an operator kind directly in a larger
 * module; `op` one an operator kind; `node` one an operator; `line` one a source line, as far as the format knows it.
 */
export function rowsOf(ledger: Ledger, by: Exclude<Grouping, 'module'>): Row[] {
  if (isGraphless(ledger)) return weightRows(ledger, by);
  const { facts, unused } = factsOf(ledger);
  const drafts = new Map<string, Draft>();
  for (const fact of facts) {
    const key = keyOf(ledger, fact.entry, by);
    let draft = drafts.get(key);
    if (draft === undefined) {
      draft = draftOf(headOf(ledger, fact.entry, by));
      drafts.set(key, draft);
    }
    if (!draft.ops.includes(fact.entry.op)) draft.ops.push(fact.entry.op);
    draft.calls.add(by === 'layer' && isLeaf(fact.entry.call) ? fact.entry.call : fact.entry);
    draft.facts.push(fact);
  }
  const rows = [...drafts.values()].map(rowOf);
  // Parameters that nothing computes with are the model's all the same.
  const idle = new Map<string, Weight[]>();
  for (const weight of unused) {
    const path = by === 'op' ? '' : weight.name.slice(0, Math.max(0, weight.name.lastIndexOf('.')));
    idle.set(path, [...(idle.get(path) ?? []), weight]);
  }
  for (const [path, weights] of idle)
    rows.push({
      ...rowOf(draftOf({ path, type: '', inputs: [], outputs: [] })),
      op: 'unused parameters',
      params: sum(weights.map((w) => numel(w.shape))),
    });
  return rows;
}

type Head = Pick<Draft, 'path' | 'type' | 'inputs' | 'outputs'>;

function draftOf({ path, type, inputs, outputs }: Head): Draft {
  return { path, type, ops: [], calls: new Set(), inputs, outputs, facts: [] };
}

/** Operators of one key are one row. */
function keyOf(ledger: Ledger, entry: OpEntry, by: Exclude<Grouping, 'module'>): string {
  switch (by) {
    case 'op':
      return entry.op;
    case 'node':
      return String(entry.index);
    case 'line':
      return lineOf(entry);
    case 'layer':
      if (isLayer(ledger, entry.call)) return `module ${entry.call.path}`;
      return isFlat(ledger, entry.call) ? `node ${entry.index}` : `op ${entry.call.path} ${entry.op}`;
  }
}

/** What a row says of itself, by the first of its operators. */
function headOf(ledger: Ledger, entry: OpEntry, by: Exclude<Grouping, 'module'>): Head {
  const { call } = entry;
  if (by === 'op') return { path: '', type: '', inputs: [], outputs: [] };
  if (by === 'layer' && isLayer(ledger, call))
    return {
      path: call.path,
      type: call.module.type,
      inputs: call.inputs.map((t) => t?.shape ?? null),
      outputs: call.outputs.map((t) => t?.shape ?? null),
    };
  const inputs = entry.inputs.map((v) => v?.type?.shape ?? null);
  const outputs = entry.outputs.map((v) => v.type?.shape ?? null);
  if (by === 'line') return { path: lineOf(entry), type: '', inputs, outputs };
  if (by === 'node' || isFlat(ledger, call))
    return { path: nodePath(ledger, entry), type: entry.type, inputs, outputs };
  return { path: call.path, type: call.module.type, inputs, outputs };
}

/** A module that consists of operators alone: its calls are one row. */
function isLayer(ledger: Ledger, call: ModuleCall): boolean {
  return (call.parent !== null || ledger.modules === 'exact') && isLeaf(call);
}

/** Directly in a graph that has no modules of its own: every operator is a row. */
function isFlat(ledger: Ledger, call: ModuleCall): boolean {
  return ledger.modules !== 'exact' && call.parent === null;
}

/** `model.py:42`, or what a format keeps of the source. */
function lineOf({ at }: OpEntry): string {
  if (at?.file === undefined) return at?.field ?? '';
  return at.line === undefined ? at.file : `${at.file}:${at.line}`;
}

/** The node's own name, else its operator and place in the schedule. */
export function nodePath(ledger: Ledger, entry: OpEntry): string {
  if (entry.name !== null && entry.name !== '') return entry.name;
  const own = `${entry.type}_${entry.index}`;
  return ledger.modules === 'none' || entry.call.path === '' ? own : `${entry.call.path}.${own}`;
}

/** A call that consists of operators alone, as a layer does. */
export function isLeaf(call: ModuleCall): boolean {
  let leaf = leaves.get(call);
  if (leaf === undefined) {
    leaf = call.steps.every((step) => step.kind === 'op');
    leaves.set(call, leaf);
  }
  return leaf;
}
/** Asked for every operator of a call, which may have as many as the model. */
const leaves = new WeakMap<ModuleCall, boolean>();

function rowOf(draft: Draft): Row {
  const tally = new TallySum();
  let readBytes: Dim = 0;
  let writeBytes: Dim = 0;
  const params: Dim[] = [];
  let unknown = 0;
  for (const fact of draft.facts) {
    tally.add(fact.tally);
    readBytes = add(readBytes, fact.entry.readBytes);
    writeBytes = add(writeBytes, fact.entry.writeBytes);
    for (const weight of fact.params) params.push(numel(weight.shape));
    if (fact.kind === 'unknown') unknown++;
  }
  return {
    path: draft.path,
    type: draft.type,
    op: draft.ops.join(' + '),
    calls: draft.calls.size,
    inputs: draft.inputs,
    outputs: draft.outputs,
    params: sum(params),
    // Most rows of a flat graph are one operator.
    tally: draft.facts.length === 1 ? (draft.facts[0] as OpCost).tally : tally.total(),
    readBytes,
    writeBytes,
    unknown,
    facts: draft.facts,
  };
}
