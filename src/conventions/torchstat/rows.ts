import { type Dim, equal, sum } from '../../dim/index.js';
import type { Ledger, ModuleInfo, OpEntry, Weight } from '../../ledger/index.js';
import { numel } from '../../tensor/index.js';
import { type Item, itemsOf, ownEntries, type Parts, totalOf } from '../items.js';
import type { WorkUnit } from '../types.js';
import { elements, parametersUsed, unitOfCall, unitOfEntry } from '../units.js';
import { byClass, callFailure, leaves, modelFailure } from './failures.js';
import { FLOPS, type Layer, MADD, MEMORY } from './formulas.js';
import { noOpLayers } from './no-op-layers.js';

/** The row that torchstat shows of one layer. Bytes are those of float32. */
export interface TorchstatRow {
  readonly path: string;
  readonly input: readonly Dim[];
  readonly output: readonly Dim[];
  readonly params: Dim;
  /** Elements of the output: × 4 / 2^20 is the memory(MB) column. */
  readonly outputElements: Dim;
  readonly madd: Dim;
  readonly flops: Dim;
  readonly memRead: Dim;
  readonly memWrite: Dim;
}

export interface TorchstatTable {
  readonly rows: readonly TorchstatRow[];
  /** What the columns madd and flops are made of. */
  readonly items: readonly Item[];
  /** Why torchstat itself stops with an error on this model; then there are no rows to trust. */
  readonly failure: string | null;
  readonly unsupported: {
    readonly madd: readonly string[];
    readonly flops: readonly string[];
    readonly memory: readonly string[];
  };
}

/** A leaf module, or in a file without modules an operator; `unit` is null for one that is never called. */
interface Subject {
  readonly path: string;
  readonly classHierarchy: readonly string[];
  readonly unit: WorkUnit | null;
  readonly entries: readonly OpEntry[];
  readonly weights: readonly Weight[];
  /** Those of the weights that training changes. */
  readonly trained: readonly Weight[];
}

/** The rows of torchstat's table: one a leaf module, called or not; of several calls only the last is kept. */
export function torchstatTable(ledger: Ledger): TorchstatTable {
  const table = new TableBuilder(ledger);
  if (ledger.modules === 'exact') addModules(table, ledger);
  else addOperators(table, ledger);
  return table;
}

function addModules(table: TableBuilder, ledger: Ledger): void {
  const idleShapes = noOpLayers(ledger);
  for (const [path, module] of leaves(ledger.root.module)) {
    const call = module.calls.at(-1) ?? null;
    const idle = call === null ? idleShapes.get(module) : undefined;
    if (idle !== undefined) {
      table.addNoOp(path, idle.slice(1));
      continue;
    }
    table.add(subjectOf(path, module));
    for (const earlier of module.calls.slice(0, -1)) table.addDropped(path, ownEntries(earlier));
  }
}

function subjectOf(path: string, module: ModuleInfo): Subject {
  const call = module.calls.at(-1);
  const weights = module.weights.filter((w) => w.weight.kind === 'parameter').map((w) => w.weight);
  return {
    path,
    classHierarchy: module.classHierarchy,
    unit: call === undefined ? null : unitOfCall(call),
    entries: call === undefined ? [] : ownEntries(call),
    weights,
    trained: weights.filter((w) => w.trainable !== false),
  };
}

function addOperators(table: TableBuilder, ledger: Ledger): void {
  for (const entry of ledger.entries) {
    const unit = unitOfEntry(entry);
    if (unit === null) continue;
    const { path, type } = unit;
    const weights = parametersUsed(entry);
    // Of a file without modules all are taken to be trained.
    table.add({ path, classHierarchy: [type], unit, entries: [entry], weights, trained: weights });
  }
}

/** The table while rows are added to it. */
class TableBuilder implements TorchstatTable {
  readonly rows: TorchstatRow[] = [];
  readonly items: Item[] = [];
  readonly unsupported = { madd: [] as string[], flops: [] as string[], memory: [] as string[] };
  failure: string | null;
  readonly #oneSample: boolean;

  constructor(ledger: Ledger) {
    this.failure = modelFailure(ledger);
    this.#oneSample = equal(ledger.inputs[0]?.value.type?.shape[0] ?? 1, 1);
  }

  add(subject: Subject): void {
    const { path, classHierarchy, unit } = subject;
    const params = sum(elements(subject.weights));
    if (unit === null) {
      this.rows.push(emptyRow(path));
      return;
    }
    this.failure ??= callFailure(unit, classHierarchy, path);
    if (this.failure !== null) {
      // No row is shown any more, and of them only the parameters are requested.
      if (unit.inputs.length > 0 && unit.outputs.length > 0) this.rows.push({ ...emptyRow(path), params });
      return;
    }
    this.#addCounted(subject, unit, params);
  }

  #addCounted({ path, classHierarchy, entries, trained }: Subject, unit: WorkUnit, params: Dim): void {
    const layer: Layer = {
      unit,
      input: (unit.inputs[0] ?? []).slice(1),
      output: (unit.outputs[0] ?? []).slice(1),
      trainable: sum(elements(trained)),
    };
    const flops = byClass(FLOPS, classHierarchy);
    const madd = byClass(MADD, classHierarchy);
    const memory = byClass(MEMORY, classHierarchy);
    if (flops === undefined) this.unsupported.flops.push(unit.type);
    if (madd === undefined) this.unsupported.madd.push(unit.type);
    if (memory === undefined) this.unsupported.memory.push(unit.type);
    const parts = { madd: madd?.(layer) ?? {}, flops: flops?.(layer) ?? {} };
    for (const [count, found] of Object.entries(parts))
      this.items.push(...itemsOf(count, this.#oneSample ? found : ofOneSample(found), entries, path));
    const moved = memory?.(layer) ?? { read: 0, write: 0 };
    this.rows.push({
      path,
      input: layer.input,
      output: layer.output,
      params,
      outputElements: numel(layer.output),
      madd: totalOf(parts.madd),
      flops: totalOf(parts.flops),
      memRead: moved.read,
      memWrite: moved.write,
    });
  }

  /** A layer that computes nothing and leaves no call in the file: its shape is that of what goes through it. */
  addNoOp(path: string, shape: readonly Dim[]): void {
    this.rows.push({ ...emptyRow(path), input: shape, output: shape, outputElements: numel(shape) });
  }

  /** Work of earlier calls of a module, which its row does not show. */
  addDropped(path: string, entries: readonly OpEntry[]): void {
    for (const count of ['madd', 'flops']) this.items.push(...itemsOf(count, { 'last-call': 0 }, entries, path));
  }
}

/** Whatever the batch, the number is that of one sample. */
function ofOneSample({ products, ...more }: Parts): Parts {
  return products === undefined ? more : { 'one-sample': products, ...more };
}

function emptyRow(path: string): TorchstatRow {
  const none = { params: 0, outputElements: 0, madd: 0, flops: 0, memRead: 0, memWrite: 0 };
  return { path, input: [0, 0, 0], output: [0, 0, 0], ...none };
}
