import { existsSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { withFreeBatch } from '../api/training.js';
import type { Ledger } from '../ledger/index.js';
import { type Bench, type BenchPoint, batchOf, feedsOf, type Machine, pointOf, specsOf } from '../measure/index.js';
import { findRuntime, Interrupted, type JobOptions, runJob } from '../measure/node/process.js';
import { openSource, read } from '../node.js';
import { benchMarkdown, benchText } from '../report/bench-text.js';
import { toJson } from '../report/index.js';
import { VERSION } from '../report/version.js';
import { isModelError } from '../source/errors.js';
import { hubFile, hubSource } from '../source/node/hub.js';
import { bindLedger, freeSymbols, type ShownSize, shownSizes } from '../transforms/index.js';
import { exportHint } from './bench-formats.js';
import { formatFor } from './effects.js';
import { EXIT, UsageError } from './errors.js';
import { openOptions } from './opening.js';
import type { ColorMode, ModelFlags } from './options.js';
import { emit } from './output.js';
import { renderWide, styleFor } from './style.js';

export interface BenchFlags extends Pick<ModelFlags, 'input' | 'bind'> {
  readonly batch?: readonly number[];
  readonly time?: number;
  readonly threads?: number;
  readonly timeLimit?: number;
  readonly top?: number;
  readonly format?: 'table' | 'json' | 'md';
  readonly output?: string;
  readonly color: ColorMode;
  readonly quiet?: boolean;
}

/** Seconds without a word after which the runtime is taken to hang. */
const PATIENCE = 300;
/** As many bytes as a model that comes from elsewhere than a file may have: more than one message of ONNX can. */
const MOST_BYTES = 2 ** 31;
const INTERRUPTED = 130;

/** `opcount bench`: measures the model here. */
export async function runBench(text: string, flags: BenchFlags): Promise<number> {
  const format = formatFor('bench', flags, ['table', 'json', 'md']);
  if (format === 'json' && flags.top !== undefined)
    throw new UsageError('--top has no effect on --format json: it has all operators', 'leave it out');
  const runtime = findRuntime();
  const model = modelOf(text);
  const progress = progressLine(flags.quiet === true);
  const options: JobOptions = { runtime, patience: flags.timeLimit ?? PATIENCE, say: progress.say };
  try {
    const bench = await measured(model, flags, options, progress.at);
    progress.clear();
    const view = flags.top === undefined ? {} : { top: flags.top };
    emit(
      format === 'json'
        ? toJson(bench)
        : format === 'md'
          ? benchMarkdown(bench, view)
          : await renderWide(
              (style) => benchText(bench, style, view),
              await styleFor(flags.color, flags.output !== undefined),
            ),
      flags.output,
    );
    return EXIT.fine;
  } catch (error) {
    progress.clear();
    if (!(error instanceof Interrupted)) throw error;
    return INTERRUPTED;
  }
}

/** The model: a file, or bytes of one that comes from elsewhere. */
interface Model {
  readonly name: string;
  readonly path: string | null;
  readonly bytes: Uint8Array | null;
}

function modelOf(text: string): Model {
  const builtin = text !== '-' && !/^[a-z]+:/i.test(text) && !existsSync(text);
  if (builtin || /\.py(:|$)/i.test(text)) return { name: text, path: null, bytes: null };
  if (!/^(?:-$|[a-z][a-z0-9+]+:)/i.test(text)) {
    if (statSync(text).isDirectory())
      throw new UsageError(
        `${text} is a folder`,
        'give the .onnx file in it; a folder that holds one model of another kind is exported first',
      );
    return { name: text, path: resolve(text), bytes: null };
  }
  const file = hubFile(text);
  const source = file === null ? openSource(text) : hubSource(file);
  try {
    if (source.size > MOST_BYTES)
      throw new UsageError(`${text} is too large to be measured from there`, 'download it, and give the file');
    return { name: source.name, path: null, bytes: source.read(0, source.size).slice() };
  } finally {
    source.close?.();
  }
}

async function measured(
  model: Model,
  flags: BenchFlags,
  options: JobOptions,
  at: (what: string) => void,
): Promise<Bench> {
  const open = openOptions(flags, []);
  const given = model.bytes ?? model.path ?? model.name;
  const ledger = await read(given, open);
  if (ledger.format !== 'onnx')
    throw new UsageError(
      `bench runs models of ONNX, and ${model.name} is of another kind (${ledger.format})`,
      exportHint(ledger.format),
    );
  const batches = flags.batch ?? [batchOf(ledger)];
  const notes: string[] = [];
  const points: BenchPoint[] = [];
  const failed: { batch: number; why: string }[] = [];
  let missing = { tensors: 0, bytes: 0 };
  at('this machine');
  const threads = flags.threads ?? null;
  const { machine } = await runJob({ kind: 'machine', threads }, options);
  for (const batch of batches) {
    if (batches.length > 1) at(`batch ${batch}`);
    else at(model.name);
    try {
      const sized = flags.batch === undefined ? ledger : await read(given, { ...withFreeBatch(ledger, open, batch) });
      const done = await point(model, sized, batch, flags, options, machine);
      points.push(done.point);
      missing = done.missing;
      for (const note of done.notes) if (!notes.includes(note)) notes.push(note);
    } catch (error) {
      if (!isModelError(error) || batches.length === 1) throw error;
      failed.push({ batch, why: error.message });
    }
  }
  if (points.length === 0)
    throw new UsageError(`no batch could be measured: ${failed[0]?.why ?? ''}`, 'leave --batch out');
  return {
    schema: 1,
    opcount: VERSION,
    model: { name: ledger.name, producer: ledger.producer, bytes: ledger.file?.bytes ?? null },
    runtime: {
      name: 'ONNX Runtime',
      version: options.runtime.version,
      provider: 'cpu',
      threads,
      processor: (cpus()[0]?.model ?? 'unknown').trim(),
      processors: availableParallelism(),
    },
    missing,
    machine,
    points,
    failed,
    notes,
  };
}

async function point(
  model: Model,
  sized: Ledger,
  batch: number,
  flags: BenchFlags,
  options: JobOptions,
  machine: Machine,
): Promise<{ point: BenchPoint; missing: { tensors: number; bytes: number }; notes: string[] }> {
  const { ledger, chosen } = atNumbers(sized);
  const specs = specsOf(ledger);
  const feeds = feedsOf(specs);
  const { times, missing, resized } = await runJob(
    {
      kind: 'model',
      path: model.path,
      bytes: model.bytes,
      inputs: specs.map(({ name, shape }) => [name, shape] as const),
      feeds: specs,
      threads: flags.threads ?? null,
      seconds: flags.time ?? null,
    },
    options,
  );
  return {
    point: pointOf({ ledger, feeds, batch: flags.batch === undefined ? batchOf(ledger) : batch, times, machine }),
    missing,
    notes: [
      ...(chosen === '' ? [] : [`sizes that the file leaves open: ${chosen}; --bind takes others`]),
      ...(resized.length === 0
        ? []
        : [`the file states another size of ${resized.join(', ')}: measured in memory with the requested size`]),
    ],
  };
}

/** The ledger without free dimensions, and what was put in for them. Throws UsageError if no numbers are found. */
function atNumbers(ledger: Ledger): { ledger: Ledger; chosen: string } {
  const free = freeSymbols(ledger);
  if (free.length === 0) return { ledger, chosen: '' };
  const sizes = shownSizes(ledger);
  if (sizes === null)
    throw new UsageError(
      'no sizes were found at which the model runs',
      `give them: --bind ${free.map((name) => `${name}=…`).join(',')}`,
    );
  const at = (name: string): number => (sizes.get(name) as ShownSize).size;
  const known = free.filter((name) => sizes.has(name));
  return {
    ledger: bindLedger(ledger, new Map(known.map((name) => [name, at(name)]))),
    chosen: known.map((name) => `${name} = ${at(name)}`).join(', '),
  };
}

/** The step in progress, on a line of the terminal that is written over; nothing elsewhere. */
function progressLine(quiet: boolean): {
  readonly at: (what: string) => void;
  readonly say: (stage: string) => void;
  readonly clear: () => void;
} {
  const shown = !quiet && process.stderr.isTTY === true;
  let what = '';
  let before = '';
  const write = (text: string): void => {
    if (!shown || text === before) return;
    before = text;
    process.stderr.write(`\r\u001b[K${text}`);
  };
  return {
    at: (now) => {
      what = now;
    },
    say: (stage) => write(`${what}: ${stage}`),
    clear: () => write(''),
  };
}
