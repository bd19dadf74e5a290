import { add, type Dim, sum } from '../dim/index.js';
import { TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { type Fact, factsOf } from './facts.js';
import { isGraphless, type Row } from './node.js';
import type { Ledger, ModuleCall, OpEntry, Weight } from './types.js';
import { weightRows } from './weights.js';

export const GROUPINGS = ['module', 'layer', 'op', 'node', 'line'] as const;
export type Grouping = (typeof GROUPINGS)[number];

interface Draft {
  path: string;
  type: string;
  ops: Set<string>;
  calls: Set<unknown>;
  inputs: readonly (Shape | null)[];
  outputs: readonly (Shape | null)[];
  facts: Fact[];
  unused: Weight[];
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
    const { key, ...head } = headOf(ledger, fact.entry, by);
    let draft = drafts.get(key);
    if (draft === undefined) {
      draft = { ...head, ops: new Set(), calls: new Set(), facts: [], unused: [] };
      drafts.set(key, draft);
    }
    draft.ops.add(fact.entry.op);
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
      ...rowOf({ path, type: '', ops: new Set(), calls: new Set(), inputs: [], outputs: [], facts: [], unused: [] }),
      op: 'unused parameters',
      params: sum(weights.map((w) => numel(w.shape))),
    });
  return rows;
}

type Head = { key: string } & Pick<Draft, 'path' | 'type' | 'inputs' | 'outputs'>;

function headOf(ledger: Ledger, entry: OpEntry, by: Exclude<Grouping, 'module'>): Head {
  const shapes = {
    inputs: entry.inputs.map((v) => v?.type?.shape ?? null),
    outputs: entry.outputs.map((v) => v.type?.shape ?? null),
  };
  switch (by) {
    case 'op':
      return { key: entry.op, path: '', type: '', inputs: [], outputs: [] };
    case 'node':
      return { key: String(entry.index), path: nodePath(ledger, entry), type: entry.type, ...shapes };
    case 'line': {
      const line = lineOf(entry);
      return { key: line, path: line, type: '', ...shapes };
    }
    case 'layer': {
      const { call } = entry;
      if ((call.parent !== null || ledger.modules === 'exact') && isLeaf(call))
        return {
          key: `module ${call.path}`,
          path: call.path,
          type: call.module.type,
          inputs: call.inputs.map((t) => t?.shape ?? null),
          outputs: call.outputs.map((t) => t?.shape ?? null),
        };
      if (ledger.modules !== 'exact' && call.parent === null)
        return { key: `node ${entry.index}`, path: nodePath(ledger, entry), type: entry.type, ...shapes };
      return { key: `op ${call.path} ${entry.op}`, path: call.path, type: call.module.type, ...shapes };
    }
  }
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
    op: [...draft.ops].join(' + '),
    calls: draft.calls.size,
    inputs: draft.inputs,
    outputs: draft.outputs,
    params: sum(params),
    // Most rows of a flat graph are one operator.
    tally: draft.facts.length === 1 ? (draft.facts[0] as Fact).tally : tally.total(),
    readBytes,
    writeBytes,
    unknown,
    facts: draft.facts,
  };
}
