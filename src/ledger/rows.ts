import { add, type Dim, sum } from '../dim/index.js';
import { TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { copiesIn, moved, times, unfolded } from './folds.js';
import { isGraphless, type Row } from './node.js';
import type { AnyLedger, ModuleCall, OpEntry, Weight } from './types.js';
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
export function rowsOf(ledger: AnyLedger, by: Exclude<Grouping, 'module'>): Row[] {
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
  const rows = everyCopy(
    ledger,
    by,
    [...drafts.values()].map((draft) => rowOf(draft, by === 'op')),
  );
  // Parameters that nothing computes with are the model's all the same.
  const copies = copiesIn(ledger);
  const idle = new Map<string, Weight[]>();
  for (const weight of unused) {
    const path = by === 'op' ? '' : weight.name.slice(0, Math.max(0, weight.name.lastIndexOf('.')));
    idle.set(path, [...(idle.get(path) ?? []), weight]);
  }
  const unusedRows = [...idle].map(
    ([path, weights]): Row => ({
      ...rowOf(draftOf({ path, type: '', inputs: [], outputs: [] }), false),
      op: 'unused parameters',
      params: sum(weights.map((w) => times(by === 'op' ? copies(w.name) : 1, numel(w.shape)))),
    }),
  );
  return [...rows, ...everyCopy(ledger, by, unusedRows)];
}

/** Rows of layers that are recorded once, for each of them. */
function everyCopy(ledger: AnyLedger, by: Exclude<Grouping, 'module'>, rows: Row[]): Row[] {
  if (ledger.folds === undefined || by === 'op') return rows;
  return unfolded(
    ledger.folds,
    rows,
    (row) => row.path,
    (row, from, to) => (from === to ? row : { ...row, path: moved(row.path, from, to) }),
  );
}

type Head = Pick<Draft, 'path' | 'type' | 'inputs' | 'outputs'>;

function draftOf({ path, type, inputs, outputs }: Head): Draft {
  return { path, type, ops: [], calls: new Set(), inputs, outputs, facts: [] };
}

/** Operators of one key are one row. */
function keyOf(ledger: AnyLedger, entry: OpEntry, by: Exclude<Grouping, 'module'>): string {
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
function headOf(ledger: AnyLedger, entry: OpEntry, by: Exclude<Grouping, 'module'>): Head {
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
function isLayer(ledger: AnyLedger, call: ModuleCall): boolean {
  return (call.parent !== null || ledger.modules === 'exact') && isLeaf(call);
}

/** Directly in a graph that has no modules of its own: every operator is a row. */
function isFlat(ledger: AnyLedger, call: ModuleCall): boolean {
  return ledger.modules !== 'exact' && call.parent === null;
}

/** `model.py:42`, or what a format keeps of the source. */
function lineOf({ at }: OpEntry): string {
  if (at?.file === undefined) return at?.field ?? '';
  return at.line === undefined ? at.file : `${at.file}:${at.line}`;
}

/** The node's own name, else its operator and place in the schedule. */
export function nodePath(ledger: AnyLedger, entry: OpEntry): string {
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

/** `all`: with the copies of a layer that is recorded once; otherwise the row is that of one. */
function rowOf(draft: Draft, all: boolean): Row {
  const tally = new TallySum();
  let readBytes: Dim = 0;
  let writeBytes: Dim = 0;
  const params: Dim[] = [];
  let unknown = 0;
  let calls = draft.calls.size;
  for (const fact of draft.facts) {
    const copies = all ? fact.copies : 1;
    calls += copies - 1;
    tally.add(fact.tally, copies);
    readBytes = add(readBytes, times(copies, fact.entry.readBytes));
    writeBytes = add(writeBytes, times(copies, fact.entry.writeBytes));
    for (const weight of fact.params) params.push(times(copies, numel(weight.shape)));
    if (fact.kind === 'unknown') unknown += copies;
  }
  return {
    path: draft.path,
    type: draft.type,
    op: draft.ops.join(' + '),
    calls,
    inputs: draft.inputs,
    outputs: draft.outputs,
    params: sum(params),
    // Most rows of a flat graph are one operator.
    tally: draft.facts.length === 1 && !all ? (draft.facts[0] as OpCost).tally : tally.total(),
    readBytes,
    writeBytes,
    unknown,
    facts: all || draft.facts[0]?.copies === 1 ? draft.facts : draft.facts.map((fact) => ({ ...fact, copies: 1 })),
  };
}
