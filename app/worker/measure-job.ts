import { benchFigures, formatTime, kernelTable, type Ledger, shownData } from 'opcount';
import { bindLedger, freeSymbols } from 'opcount/ledger';
import { type Bench, batchOf, feedsOf, pointOf, prepareSource, specsOf } from 'opcount/measure';
import { sourceOf } from './open.js';
import type { Bindings, Measured, MeasureJob, Origin, Request } from './protocol.js';

/** A file of weights beside the model is handed over whole, up to this; larger ones are taken for missing. */
const MOST_BESIDE = 2 ** 30;

/** The model on show as something that can be run at these sizes: read once more, whole, and completed. */
export function measureJob(ledger: Ledger, origin: Origin, bind: Bindings): MeasureJob {
  if (origin.kind === 'builtin' || origin.kind === 'saved') throw new Error('this model has no file that could be run');
  const bound = atSizes(ledger, bind);
  const feeds = specsOf(bound);
  const source = sourceOf(origin);
  const sizes = new Map(feeds.map(({ name, shape }) => [name, shape] as const));
  const prepared = prepareSource(
    {
      name: source.name,
      size: source.size,
      get bytesRead() {
        return source.bytesRead;
      },
      get requests() {
        return source.requests;
      },
      read: (start, end) => source.read(start, end),
      sibling(path) {
        const file = source.sibling(path);
        return file === undefined || file.size > MOST_BESIDE ? undefined : file;
      },
    },
    sizes,
  );
  const { model, zeros, missing, resized } = prepared;
  const beside = prepared.beside.flatMap((path) => {
    const file = source.sibling(path);
    return file === undefined ? [] : [{ path, data: file.read(0, file.size).slice() }];
  });
  return { model, beside, zeros, missing, resized, feeds };
}

/** Times of that run, beside the model's work. */
export function measured(
  ledger: Ledger,
  { bind, times, machine, runtime }: Extract<Request, { kind: 'measured' }>,
): Measured {
  const bound = atSizes(ledger, bind);
  const point = pointOf({ ledger: bound, feeds: feedsOf(specsOf(bound)), batch: batchOf(bound), times, machine });
  const bench: Bench = shownData({
    schema: 1,
    opcount: '',
    model: { name: ledger.name, producer: null, bytes: null },
    runtime,
    missing: { tensors: 0, bytes: 0 },
    machine,
    points: [point],
    failed: [],
    notes: [],
  });
  const [shown = point] = bench.points;
  const { operators } = shown;
  const table = kernelTable(machine.flopsPerSecond);
  return {
    figures: benchFigures(bench, shown),
    inputs: shown.inputs.map(({ name, shape, dtype, filled }) => `${name} ${shape.join('×')} ${dtype}: ${filled}`),
    kernels:
      operators === null
        ? null
        : {
            columns: table.columns.map(({ title, align }) => ({ title, align })),
            rows: operators.rows.map((row) => ({ cells: table.cells(row).map(({ text }) => text), share: row.share })),
            seconds: formatTime(operators.seconds),
            whole: formatTime(operators.wholeSeconds ?? operators.seconds),
            runs: operators.runs,
          },
  };
}

function atSizes(ledger: Ledger, bind: Bindings): Ledger {
  const free = freeSymbols(ledger);
  return bindLedger(ledger, new Map(free.flatMap((name) => (bind[name] === undefined ? [] : [[name, bind[name]]]))));
}
