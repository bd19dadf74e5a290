import { type Dim, type Ledger, shown, shownData } from 'opcount';
import {
  compileDims,
  coverageOf,
  type DimProgram,
  factsOf,
  isGraphless,
  lifetimesOf,
  runDims,
  shownSizes,
  type TreeNode,
  totalsOf,
  treeOf,
} from 'opcount/ledger';
import {
  INPUT,
  type LifetimeSheet,
  type NodeSheet,
  type OpSheet,
  OUTPUT,
  type Ref,
  type ShapeRef,
  type Sheet,
  type TensorSheet,
} from '../sheet.js';
import { factorsOf } from './factors.js';

type Entry = Ledger['entries'][number];
type Value = Entry['outputs'][number];

/** Every formula once. */
export class Pool {
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

  shape = (shape: readonly Dim[] | null | undefined): ShapeRef => shape?.map(this.ref) ?? null;

  texts(): Record<Ref, string> {
    const texts: Record<Ref, string> = {};
    for (const [ref, d] of this.dims.entries()) if (typeof d === 'object') texts[ref] = String(d);
    return texts;
  }
}

/** What the page shows of a ledger. */
export function sheetOf(ledger: Ledger): Sheet {
  const pool = new Pool();
  const { ref } = pool;
  const graph = !isGraphless(ledger);
  const totals = totalsOf(ledger);
  const nodes = nodesOf(treeOf(ledger), pool);
  const home = new Int32Array(ledger.entries.length);
  for (const node of nodes) for (const op of node.ops) home[op] = node.id;
  const sheet = {
    model: {
      name: ledger.name,
      format: ledger.format,
      producer: ledger.producer,
      bytes: ledger.file?.bytes ?? null,
      bytesRead: ledger.file?.bytesRead ?? null,
      modules: ledger.modules,
    },
    inputs: ledger.inputs.map(({ name, value }) => tensorOf(name, value, pool)),
    outputs: ledger.outputs.map(({ name, value }) => tensorOf(name, value, pool)),
    graph,
    totals: {
      params: ref(totals.params),
      trainable: totals.trainableParams === null ? null : ref(totals.trainableParams),
      buffers: ref(totals.bufferElements),
      weightBytes: ref(totals.weightBytes),
      macs: ref(totals.macs),
      unpadded: totals.macsUnpadded === null ? null : ref(totals.macsUnpadded),
      flops: ref(totals.flops),
      activations: ref(totals.activationBytes),
      read: ref(totals.readBytes),
      write: ref(totals.writeBytes),
    },
    coverage: coverageOf(ledger),
    nodes,
    ops: opsOf(ledger, home, pool),
    edges: edgesOf(ledger),
    lifetimes: lifetimesOf(ledger).map(
      ({ value, storage, from, to }): LifetimeSheet => ({
        ...tensorOf(value.name ?? madeBy(ledger, from), value, pool),
        bytes: ref(storage.bytes),
        from,
        to,
      }),
    ),
    notes: ledger.notes.map(({ code, message }) => ({ code, message })),
  };
  const program = compileDims(pool.dims);
  const { edges, inputs, ...told } = { ...sheet, ops: proved(sheet.ops, program) };
  const sizes = Object.fromEntries([...(shownSizes(ledger) ?? [])].map(([name, { size }]) => [name, size]));
  return { ...shownData(told), edges, inputs, labels: labelsOf(inputs, program), program, sizes, texts: pool.texts() };
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

/** A tensor without a name of its own is called by what made it. */
function madeBy(ledger: Ledger, index: number): string {
  const entry = ledger.entries[index];
  return entry === undefined ? 'input' : `${entry.call.path || entry.name || 'model'} (${entry.op})`;
}

function tensorOf(name: string, value: Value, pool: Pool): TensorSheet {
  return { name, dtype: value.type?.dtype ?? 'unknown', shape: pool.shape(value.type?.shape) };
}

function nodesOf(root: TreeNode, pool: Pool): NodeSheet[] {
  const { ref } = pool;
  const nodes: NodeSheet[] = [];
  const add = (node: TreeNode, parent: number, level: number): number => {
    const id = nodes.length;
    const children: number[] = [];
    nodes.push({
      id,
      parent,
      level,
      kind: node.kind,
      name: node.name,
      path: node.path,
      type: node.type,
      calls: node.calls,
      output: pool.shape(node.output ?? node.stored?.shape),
      unknown: node.unknown,
      bytes: node.stored === undefined ? null : ref(node.stored.bytes),
      dtypes: node.stored?.dtypes ?? [],
      children,
      ops: node.entries.map((entry) => entry.index),
      params: ref(node.params),
      macs: ref(node.tally.macs),
      flops: ref(node.tally.flops),
      read: ref(node.readBytes),
      write: ref(node.writeBytes),
    });
    for (const child of node.children) children.push(add(child, id, level + 1));
    return id;
  };
  add(root, -1, 0);
  return nodes;
}

function opsOf(ledger: Ledger, home: Int32Array, pool: Pool): OpSheet[] {
  const { ref } = pool;
  return factsOf(ledger).facts.map(({ entry, tally, params }): OpSheet => {
    const named = (value: Value): TensorSheet => tensorOf(value.weight?.name ?? value.name ?? '', value, pool);
    return {
      index: entry.index,
      node: home[entry.index] ?? 0,
      op: entry.op,
      type: entry.type,
      name: entry.name,
      inputs: entry.inputs.map((value) => (value === null ? null : named(value))),
      outputs: entry.outputs.map(named),
      attrs: Object.entries(entry.attrs).map(([name, value]) => [name, attrText(value)] as const),
      factors: factorsOf(entry)?.map(({ label, dim }) => ({ label, ref: ref(dim) })) ?? null,
      primitives: Object.entries(tally.primitives).map(([name, n]) => [name, ref(n)] as const),
      gap: entry.result.kind === 'gap' ? entry.result.why : null,
      params: ref(params.reduce<Dim>((sum, weight) => addStatic(sum, weight.shape), 0)),
      macs: ref(tally.macs),
      flops: ref(tally.flops),
      read: ref(entry.readBytes),
      write: ref(entry.writeBytes),
    };
  });
}

/** Parameters have extents that are numbers. */
function addStatic(sum: Dim, shape: readonly Dim[]): Dim {
  const n = Number(sum) + shape.reduce<number>((product, d) => product * Number(d), 1);
  return Number.isFinite(n) ? n : 0;
}

function attrText(value: Entry['attrs'][string]): string {
  return Array.isArray(value) ? `[${value.map(attrText).join(', ')}]` : String(value);
}

/** Which operator's results each operator takes, each pair once; the model's inputs and outputs are INPUT and OUTPUT. */
function edgesOf(ledger: Ledger): number[] {
  const maker = new Map<number, number>();
  const edges: number[] = [];
  for (const entry of ledger.entries) {
    const from = new Set<number>();
    for (const value of entry.inputs) {
      if (value === null || value.storage.role === 'weight') continue;
      const made =
        maker.get(value.id) ?? maker.get(-1 - value.storage.id) ?? (value.storage.role === 'input' ? INPUT : undefined);
      if (made !== undefined) from.add(made);
    }
    for (const made of from) edges.push(made, entry.index);
    for (const value of entry.outputs) {
      maker.set(value.id, entry.index);
      // A value may reach its reader under another name: by the memory that both are.
      maker.set(-1 - value.storage.id, entry.index);
    }
  }
  for (const { value } of ledger.outputs) {
    const made = maker.get(value.id) ?? maker.get(-1 - value.storage.id);
    if (made !== undefined) edges.push(made, OUTPUT);
  }
  return edges;
}
