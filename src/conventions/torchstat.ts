import { add, type Dim, equal, isStatic, mul, product, sub, sum } from '../dim/index.js';
import type { Ledger, Note, NoteCode, OpEntry } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { numel } from '../tensor/index.js';
import { countsOf, type Item, itemsOf, ownEntries, type Parts, totalOf } from './items.js';
import type { TermId } from './terms.js';
import { byClass, callFailure, leaves, modelFailure } from './torchstat-fails.js';
import { idleNote, noOpLayers } from './torchstat-no-ops.js';
import type { Convention, ConventionOptions, ConventionResult, WorkUnit } from './types.js';
import { elements, standInNote, tallyNames, unitOfCall, unitOfEntry } from './units.js';

/** What torchstat shows of one layer. Bytes are those of float32. */
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

interface Layer {
  readonly unit: WorkUnit;
  readonly input: readonly Dim[];
  readonly output: readonly Dim[];
  /** Parameters that require a gradient: what its memory column reads. */
  readonly trainable: Dim;
}
type Rule = (layer: Layer) => Parts;
const as =
  (term: TermId, amount: (layer: Layer) => Dim): Rule =>
  (l) => ({ [term]: amount(l) });

const out = (l: Layer): Dim => numel(l.output);
const inputElements = (l: Layer): Dim => numel(l.input);
const kernel = (l: Layer): Dim => product(attrsAs('conv', l.unit).kernel ?? []);
const groups = (l: Layer): number => attrsAs('conv', l.unit).groups ?? 1;
const biased = (l: Layer): boolean => l.unit.attrs['bias'] === true;
const table = (rules: Readonly<Record<string, Rule>>): Readonly<Record<string, Rule>> =>
  byName(
    Object.fromEntries(
      Object.entries(rules).flatMap(([names, rule]) => names.split(' ').map((n) => [`torch.nn.${n}`, rule])),
    ),
  );

/** kernel × in channels × (out channels / groups) per position, bias added once an output. */
const convFlops: Rule = (l) => ({
  products: mul(kernel(l), l.input[0] ?? 0, divide(l.output[0] ?? 0, groups(l)), product(l.output.slice(1))),
  bias: biased(l) ? out(l) : 0,
});
/** Multiplications, and additions one fewer (or as many, with a bias), of every output. */
const convMadd: Rule = (l) => ({
  products: mul(2, kernel(l), divide(l.input[0] ?? 0, groups(l)), out(l)),
  'first-addition': mul(-1, out(l)),
  bias: biased(l) ? out(l) : 0,
});
/** The same, with the positions of the input in place of the output's. */
const transposedMadd: Rule = (l) => {
  const perInput = mul(kernel(l), divide(l.output[0] ?? 0, groups(l)), groups(l), divide(l.input[0] ?? 0, groups(l)));
  const positions = product(l.input.slice(1));
  const outputs = mul(l.output[0] ?? 0, positions);
  return {
    transposed: mul(2, perInput, positions),
    'first-addition': mul(-1, outputs),
    bias: biased(l) ? outputs : 0,
  };
};

const FLOPS = table({
  Conv2d: convFlops,
  BatchNorm2d: as('batch-norm', (l) => mul(inputElements(l), l.unit.attrs['affine'] ? 2 : 1)),
  'ReLU ReLU6 PReLU ELU LeakyReLU': as('activation', inputElements),
  'MaxPool2d AvgPool2d': as('pooling', inputElements),
  Linear: as('products', (l) => mul(inputElements(l), out(l))),
  Upsample: as('resize', (l) => product(l.output.slice(1))), // the channels are left out
});

const MADD = table({
  Conv2d: convMadd,
  ConvTranspose2d: transposedMadd,
  BatchNorm2d: as('batch-norm', (l) => mul(4, inputElements(l))),
  MaxPool2d: as('pooling', (l) => mul(sub(kernel(l), 1), out(l))),
  AvgPool2d: as('pooling', (l) => mul(kernel(l), out(l))),
  'ReLU ReLU6': as('activation', inputElements),
  Softmax: as('softmax', (l) => sub(mul(3, inputElements(l)), 1)),
  Linear: (l) => ({ products: mul(2, inputElements(l), out(l)), 'first-addition': mul(-1, out(l)) }),
});

interface Bytes {
  readonly read: Dim;
  readonly write: Dim;
}
const bytes = (read: Dim, write: Dim): Bytes => ({ read: mul(4, read), write: mul(4, write) });
const withWeights = (l: Layer): Bytes => bytes(add(inputElements(l), l.trainable), out(l));
const MEMORY: Readonly<Record<string, (l: Layer) => Bytes>> = byName(
  Object.fromEntries(
    [
      ['Conv2d', withWeights],
      ['Linear', withWeights],
      ['BatchNorm2d', (l: Layer) => bytes(add(inputElements(l), mul(2, l.input[0] ?? 0)), inputElements(l))],
      ['PReLU', (l: Layer) => bytes(add(inputElements(l), l.trainable), inputElements(l))],
      ...['ReLU', 'ReLU6', 'ELU', 'LeakyReLU'].map(
        (n) => [n, (l: Layer) => bytes(inputElements(l), inputElements(l))] as const,
      ),
      ...['MaxPool2d', 'AvgPool2d'].map((n) => [n, (l: Layer) => bytes(inputElements(l), out(l))] as const),
    ].map(([name, rule]) => [`torch.nn.${name as string}`, rule as (l: Layer) => Bytes]),
  ),
);

function divide(channels: Dim, by: number): Dim {
  return typeof channels === 'number' ? Math.floor(channels / by) : channels;
}

/** The rows of torchstat's table: one a leaf module, called or not; of several calls only the last is kept. */
export function torchstatTable(ledger: Ledger): TorchstatTable {
  const rows: TorchstatRow[] = [];
  const items: Item[] = [];
  const oneSample = equal(ledger.inputs[0]?.value.type?.shape[0] ?? 1, 1);
  const unsupported = { madd: [] as string[], flops: [] as string[], memory: [] as string[] };
  let failure = modelFailure(ledger);
  const row = (
    path: string,
    classHierarchy: readonly string[],
    unit: WorkUnit | null,
    of: readonly OpEntry[],
    params: Dim,
    trainable: Dim,
  ): void => {
    if (unit === null) {
      rows.push(emptyRow(path));
      return;
    }
    failure ??= callFailure(unit, classHierarchy, path);
    if (failure !== null) {
      // No row is shown any more, and of them only the parameters are requested.
      if (unit.inputs.length > 0 && unit.outputs.length > 0) rows.push({ ...emptyRow(path), params });
      return;
    }
    const layer: Layer = {
      unit,
      input: (unit.inputs[0] ?? []).slice(1),
      output: (unit.outputs[0] ?? []).slice(1),
      trainable,
    };
    const [f, m, b] = [byClass(FLOPS, classHierarchy), byClass(MADD, classHierarchy), byClass(MEMORY, classHierarchy)];
    if (f === undefined) unsupported.flops.push(unit.type);
    if (m === undefined) unsupported.madd.push(unit.type);
    if (b === undefined) unsupported.memory.push(unit.type);
    const parts = { madd: m?.(layer) ?? {}, flops: f?.(layer) ?? {} };
    for (const [count, found] of Object.entries(parts))
      items.push(...itemsOf(count, oneSample ? found : ofOneSample(found), of, path));
    const moved = b?.(layer) ?? { read: 0, write: 0 };
    rows.push({
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
  };
  if (ledger.modules === 'exact') {
    const idleShapes = noOpLayers(ledger);
    for (const [path, module] of leaves(ledger.root.module)) {
      const own = module.weights.filter((w) => w.weight.kind === 'parameter').map((w) => w.weight);
      const call = module.calls.at(-1) ?? null;
      const idle = call === null ? idleShapes.get(module) : undefined;
      if (idle !== undefined) {
        const shape = idle.slice(1);
        rows.push({ ...emptyRow(path), input: shape, output: shape, outputElements: numel(shape) });
        continue;
      }
      row(
        path,
        module.classHierarchy,
        call === null ? null : unitOfCall(call),
        call === null ? [] : ownEntries(call),
        sum(elements(own)),
        sum(elements(own.filter((w) => w.trainable !== false))),
      );
      for (const earlier of module.calls.slice(0, -1))
        for (const count of ['madd', 'flops'])
          items.push(...itemsOf(count, { 'last-call': 0 }, ownEntries(earlier), path));
    }
  } else {
    for (const entry of ledger.entries) {
      const unit = unitOfEntry(entry);
      const weights = entry.inputs.flatMap((v) => (v?.weight?.kind === 'parameter' ? [v.weight] : []));
      if (unit !== null) row(unit.path, [unit.type], unit, [entry], sum(elements(weights)), sum(elements(weights)));
    }
  }
  return { rows, items, failure, unsupported };
}

/** Whatever the batch, the number is that of one sample. */
function ofOneSample({ products, ...more }: Parts): Parts {
  return products === undefined ? more : { 'one-sample': products, ...more };
}

function emptyRow(path: string): TorchstatRow {
  const none = { params: 0, outputElements: 0, madd: 0, flops: 0, memRead: 0, memWrite: 0 };
  return { path, input: [0, 0, 0], output: [0, 0, 0], ...none };
}

/** The memory total in MB: torchstat adds the rows one after the other in float32, whose rounding is part of the number. */
export function torchstatMegabytes(rows: readonly TorchstatRow[]): number {
  return rows.reduce((mb, r) => Math.fround(mb + Math.fround((Number(r.outputElements) * 4) / 2 ** 20)), 0);
}

function note(message: string, code: NoteCode): Note {
  return { code, message };
}

export const torchstat: Convention = {
  id: 'torchstat',
  title: 'torchstat',
  version: '0.0.7',
  source: 'torchstat/compute_flops.py, compute_madd.py, compute_memory.py, reporter.py',
  description:
    'Flops are multiply-accumulates of convolutions (with bias) and linear layers plus one per element of activations, pools and batch norm (2); MAdd counts multiplications and additions apart. One row a leaf module, the last call only; batch 1.',
  run(ledger: Ledger, _options: ConventionOptions = {}): ConventionResult {
    const { rows, items, failure, unsupported } = torchstatTable(ledger);
    const notes: Note[] = [...standInNote(ledger, 'torchstat'), ...idleNote(noOpLayers(ledger))];
    const base = {
      id: 'torchstat',
      version: '0.0.7',
      title: 'torchstat',
      units: { madd: 'flop', flops: 'mac', memory_MB: 'MB', mem_read_B: 'byte', mem_write_B: 'byte' },
    } as const;
    if (failure !== null) {
      const fails = note(failure, 'tool-fails');
      const params = sum(rows.map((r) => r.params));
      return { ...base, counts: {}, items: [], params, notes: [...notes, fails], failure: fails };
    }
    for (const [kind, types] of Object.entries(unsupported))
      if (types.length > 0)
        notes.push(note(`no ${kind} rule in torchstat, counted as 0: ${tallyNames(types)}`, 'silent-zero'));
    const repeated =
      ledger.modules === 'exact'
        ? [...leaves(ledger.root.module)].filter(([, m]) => m.calls.length > 1).map(([path]) => path)
        : [];
    if (repeated.length > 0)
      notes.push(
        note(
          `layers called more than once keep only their last call: ${repeated.length} (${repeated.slice(0, 3).join(', ')}${repeated.length > 3 ? ', …' : ''})`,
          'last-call-only',
        ),
      );
    if (ledger.inputs[0]?.value.type?.shape[0] !== 1)
      notes.push(
        note('torchstat builds an input with a batch of 1; the batch given is left out of its numbers', 'batch-one'),
      );
    const elementsOut = sum(rows.map((r) => r.outputElements));
    return {
      ...base,
      counts: {
        ...countsOf(items, 'madd', 'flops'),
        ...(isStatic(elementsOut) ? { memory_MB: torchstatMegabytes(rows) } : {}),
        mem_read_B: sum(rows.map((r) => r.memRead)),
        mem_write_B: sum(rows.map((r) => r.memWrite)),
      },
      items,
      params: sum(rows.map((r) => r.params)),
      notes,
      layers: new Map(
        rows.map((r) => [
          r.path,
          { madd: r.madd, flops: r.flops, mem_read_B: r.memRead, mem_write_B: r.memWrite, params: r.params },
        ]),
      ),
    };
  },
};
