import { sum } from '../dim/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { CostSum, costsOf, type OpCost } from './costs.js';
import { copiesIn, moved, times, unfolded } from './folds.js';
import type { Grouping } from './groupings.js';
import { appended, NONE } from './lists.js';
import { isGraphless, type Row } from './node.js';
import type { AnyLedger, ModuleCall, OpEntry, Step, Weight } from './types.js';
import { weightRows } from './weights.js';

interface Draft {
  readonly path: string;
  readonly type: string;
  /** Each once: few. */
  ops: readonly string[];
  /** Calls of a layer, those of a shared one counted once; operators of any other row. */
  calls: number;
  counted: ModuleCall | Set<ModuleCall> | null;
  readonly inputs: readonly (Shape | null)[];
  readonly outputs: readonly (Shape | null)[];
  operators: readonly OpCost[];
}

/**
 * A ledger's rows: `layer` is one a leaf module (its calls together) and one an operator kind directly in a larger
 * module; `type` one a class of layers, with operators outside of layers by their own kind; `op` one an operator kind; `node` one an operator; `line` one a source line, as far as the format knows it.
 */
export function rowsOf(ledger: AnyLedger, by: Exclude<Grouping, 'module'>): Row[] {
  if (isGraphless(ledger)) return weightRows(ledger, by);
  const { operators, unused } = costsOf(ledger);
  // Without paths, layers that are recorded once count with all their copies.
  const summed = by === 'op' || by === 'type';
  const drafts = new Map<string, Draft>();
  for (const operator of operators) {
    const key = keyOf(ledger, operator.entry, by);
    let draft = drafts.get(key);
    if (draft === undefined) {
      draft = draftOf(headOf(ledger, operator.entry, by));
      drafts.set(key, draft);
    }
    if (!draft.ops.includes(operator.entry.op)) draft.ops = appended(draft.ops, operator.entry.op);
    const copies = summed ? operator.copies : 1;
    const { call } = operator.entry;
    if ((by === 'layer' && isLeaf(call)) || (by === 'type' && isLayer(ledger, call))) countCall(draft, call, copies);
    else draft.calls += copies;
    draft.operators = appended(draft.operators, operator);
  }
  const rows = everyCopy(
    ledger,
    by,
    [...drafts.values()].map((draft) => rowOf(draft, summed)),
  );
  // Parameters that nothing computes with are the model's all the same.
  const copies = copiesIn(ledger);
  const idle = new Map<string, Weight[]>();
  for (const weight of unused) {
    const path = summed ? '' : weight.name.slice(0, Math.max(0, weight.name.lastIndexOf('.')));
    const weights = idle.get(path);
    if (weights === undefined) idle.set(path, [weight]);
    else weights.push(weight);
  }
  const unusedRows = [...idle].map(
    ([path, weights]): Row => ({
      ...rowOf(draftOf({ path, type: '', inputs: [], outputs: [] }), false),
      op: 'unused parameters',
      params: sum(weights.map((w) => times(summed ? copies(w.name) : 1, numel(w.shape)))),
    }),
  );
  return [...rows, ...everyCopy(ledger, by, unusedRows)];
}

/** Rows of layers that are recorded once, for each of them. */
function everyCopy(ledger: AnyLedger, by: Exclude<Grouping, 'module'>, rows: Row[]): Row[] {
  if (ledger.folds === undefined || by === 'op' || by === 'type') return rows;
  return unfolded(
    ledger.folds,
    rows,
    (row) => row.path,
    (row, from, to) => (from === to ? row : { ...row, path: moved(row.path, from, to) }),
  );
}

type Head = Pick<Draft, 'path' | 'type' | 'inputs' | 'outputs'>;

function draftOf({ path, type, inputs, outputs }: Head): Draft {
  return { path, type, ops: NONE, calls: 0, counted: null, inputs, outputs, operators: NONE };
}

function countCall(draft: Draft, call: ModuleCall, copies: number): void {
  const { counted } = draft;
  if (counted === call) return;
  if (counted === null) draft.counted = call;
  else if (counted instanceof Set) {
    if (counted.has(call)) return;
    counted.add(call);
  } else draft.counted = new Set([counted, call]);
  draft.calls += copies;
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
    case 'type':
      return isLayer(ledger, entry.call) ? `module ${entry.call.module.type}` : `op ${entry.type}`;
    case 'layer':
      if (isLayer(ledger, entry.call)) return `module ${entry.call.path}`;
      return isFlat(ledger, entry.call) ? `node ${entry.index}` : `op ${entry.call.path} ${entry.op}`;
  }
}

/** Labels of a row, from the first of its operators. */
function headOf(ledger: AnyLedger, entry: OpEntry, by: Exclude<Grouping, 'module'>): Head {
  const { call } = entry;
  if (by === 'op') return { path: '', type: '', inputs: [], outputs: [] };
  if (by === 'type')
    return { path: '', type: isLayer(ledger, call) ? call.module.type : entry.type, inputs: [], outputs: [] };
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
export function isLayer(ledger: AnyLedger, call: ModuleCall): boolean {
  return (call.parent !== null || ledger.modules === 'exact') && isLeaf(call);
}

/** Directly in a graph that has no modules of its own: every operator is a row. */
export function isFlat(ledger: AnyLedger, call: ModuleCall): boolean {
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
function isLeaf(call: ModuleCall): boolean {
  const { steps } = call;
  if (steps.length <= FEW) return steps.every(isOp);
  let leaf = leaves.get(call);
  if (leaf === undefined) {
    leaf = steps.every(isOp);
    leaves.set(call, leaf);
  }
  return leaf;
}

function isOp({ kind }: Step): boolean {
  return kind === 'op';
}

/** Asked for every operator of a call, which may have as many as the model. */
const FEW = 8;
const leaves = new WeakMap<ModuleCall, boolean>();

/** `all`: with the copies of a layer that is recorded once; otherwise the row is that of one. */
function rowOf(draft: Draft, all: boolean): Row {
  const { path, type, calls, inputs, outputs } = draft;
  const cost = new CostSum();
  for (const operator of draft.operators) cost.add(operator, all ? operator.copies : 1);
  const { tally, params, readBytes, writeBytes, unknown } = cost;
  const op = draft.ops.length === 1 ? (draft.ops[0] as string) : draft.ops.join(' + ');
  const operators =
    all || draft.operators[0]?.copies === 1
      ? draft.operators
      : draft.operators.map((operator) => ({ ...operator, copies: 1 }));
  return { path, type, op, calls, inputs, outputs, params, tally, readBytes, writeBytes, unknown, operators };
}
