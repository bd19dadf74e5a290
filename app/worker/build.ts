import {
  buildReport,
  type Dim,
  type Encode,
  type Ledger,
  type Report,
  type ReportNode,
  shown,
  shownData,
} from 'opcount';
import {
  compileDims,
  type DimProgram,
  dimsOfConstraint,
  factorsOf,
  isGraphless,
  positionsIn,
  runDims,
} from 'opcount/ledger';
import type { CallSheet, NodeSheet, OpSheet, PageModel, Ref, TensorSheet } from '../sheet.js';

/** Every formula once. */
export class DimTable {
  readonly dims: Dim[] = [];
  readonly #known = new Map<string, Ref>();

  ref = (d: Dim): Ref => {
    const key = typeof d === 'object' ? d.key : `${d}`;
    let ref = this.#known.get(key);
    if (ref === undefined) {
      ref = this.dims.length;
      this.dims.push(d);
      this.#known.set(key, ref);
    }
    return ref;
  };

  /** Counts and extents are both places in the program. */
  get encode(): Encode<Ref, Ref> {
    return { count: this.ref, extent: this.ref };
  }

  texts(): Record<Ref, string> {
    const texts: Record<Ref, string> = {};
    for (const [ref, d] of this.dims.entries()) if (typeof d === 'object') texts[ref] = String(d);
    return texts;
  }
}

/** A ledger as the page shows it: its report with every count a place in one program, and the tree as a list. */
export function sheetOf(ledger: Ledger): PageModel {
  const pool = new DimTable();
  const { ref } = pool;
  const { model, inputs, outputs, totals, coverage, modules, schedule, notes, ...report } = buildReport(
    ledger,
    { schedule: true },
    pool.encode,
  );
  const nodes = listed(modules);
  const home = new Int32Array(ledger.entries.length);
  for (const node of nodes) for (const op of node.ops) home[op] = node.id;
  const none = ref(0);
  const calls = callsOf(ledger);
  const ops = (schedule?.ops ?? []).map((op, i): OpSheet => {
    const entry = ledger.entries[i] as Ledger['entries'][number];
    const factors = factorsOf(entry)?.map(({ label, dim }) => ({ label, ref: ref(dim) })) ?? null;
    return { ...op, node: home[op.index] ?? 0, call: calls.of.get(entry.call) ?? 0, factors };
  });
  const constraints = ledger.constraints.map((c) => ({
    kind: c.kind,
    message: c.message,
    refs: dimsOfConstraint(c).map(ref),
  }));
  const program = compileDims(pool.dims);
  const told = {
    model: { ...model, modules: ledger.modules },
    outputs,
    graph: !isGraphless(ledger),
    language: ledger.description !== undefined && ledger.description.kept !== null,
    positions: positionsIn(ledger),
    totals: withoutNulls(totals, none),
    coverage,
    nodes,
    calls: calls.list,
    ops: proved(ops, program),
    lifetimes: schedule?.lifetimes ?? [],
    notes: notes.map(({ code, message }) => ({ code, message })),
    constraints,
  };
  return {
    ...shownData(told),
    edges: schedule?.edges ?? [],
    inputs,
    labels: labelsOf(inputs, program),
    program,
    sizes: report.shown ?? {},
    texts: pool.texts(),
  };
}

/** Totals that a file without a graph does not have are 0 here; `graph` says that they mean nothing. */
function withoutNulls(totals: Report<Ref, Ref>['totals'], none: Ref): PageModel['totals'] {
  return {
    ...totals,
    macs: totals.macs ?? none,
    flops: totals.flops ?? none,
    activationBytes: totals.activationBytes ?? none,
    readBytes: totals.readBytes ?? none,
    writeBytes: totals.writeBytes ?? none,
  };
}

/** The tree in pre-order, children and operators by their places. */
function listed(root: ReportNode<Ref, Ref>): NodeSheet[] {
  const nodes: NodeSheet[] = [];
  const add = ({ children, entries, ...node }: ReportNode<Ref, Ref>, parent: number, level: number): number => {
    const id = nodes.length;
    const below: number[] = [];
    const output = node.output ?? node.stored?.shape ?? null;
    nodes.push({ ...node, id, parent, level, output, children: below, ops: entries ?? [] });
    for (const child of children) below.push(add(child, id, level + 1));
    return id;
  };
  add(root, -1, 0);
  return nodes;
}

type Call = Ledger['entries'][number]['call'];

/** Calls that did something, with all that led to them. */
function callsOf(ledger: Ledger): { readonly list: readonly CallSheet[]; readonly of: ReadonlyMap<Call, number> } {
  const list: CallSheet[] = [];
  const of = new Map<Call, number>();
  const place = (call: Call): number => {
    const known = of.get(call);
    if (known !== undefined) return known;
    const parent = call.parent === null ? -1 : place(call.parent);
    of.set(call, list.length);
    list.push({ path: call.path, parent });
    return list.length - 1;
  };
  for (const { call } of ledger.entries) place(call);
  return { list, of };
}

/** How names are shown that have to stay as the file has them, because sizes are given by them. */
function labelsOf(inputs: readonly TensorSheet[], program: DimProgram): Readonly<Record<string, string>> {
  const names = [...inputs, ...program.symbols].map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, shown(name)]).filter(([name, label]) => name !== label));
}

/** Products are shown only where they multiply out to the count, at a size where chance would not do. */
function proved(ops: readonly OpSheet[], program: DimProgram): OpSheet[] {
  const at = runDims(
    program,
    program.symbols.map(({ min, max }, i) => Math.min(max ?? 448, Math.max(min ?? 1, 224 + 32 * i))),
  );
  return ops.map((op) => {
    if (op.factors === null) return op;
    const product = op.factors.reduce((n, factor) => n * (at[factor.ref] as number), 1);
    const macs = at[op.macs] as number;
    return Math.abs(product - macs) <= macs * 1e-9 ? op : { ...op, factors: null };
  });
}
