import { loadConventions } from '../conventions/load.js';
import type { Convention, CustomOps } from '../conventions/types.js';
import { type Dim, substitute } from '../dim/index.js';
import { checkedFormulas, type GivenFormulas, type Grouping, type Ledger } from '../ledger/index.js';
import type { Device, DeviceChoice } from '../machine/index.js';
import type { PythonOptions } from '../python/program.js';
import { buildReport, type Report, type ReportCount, type ReportServing, type ReportYolo } from '../report/index.js';
import { ModelError } from '../source/index.js';
import { type AnyModule, type InputSpec, isModule, readModule } from '../torch/nn/index.js';
import { bindLedger, bindPinned, causalHalf, freeSymbols } from '../transforms/index.js';
import { givenFormulas } from './formulas.js';
import { type Bytes, readBytes } from './open.js';
import { type ExtentLike, type InputsLike, resolveBindings, resolveInputs } from './options.js';
import { ownErrors } from './own-errors.js';

/** A module of `opcount/nn`, a built-in model's name, bytes, or what `read` gave; in Node also a path. */
export type ModelLike = AnyModule | Bytes | Ledger | string;

export interface OpenOptions {
  /** Input shapes, in order or by name: `[[1, 3, 224, 224]]`, `{ input_ids: ['batch', 128] }`. */
  readonly inputs?: InputsLike;
  /** Numbers for free dimensions: `{ batch: 8 }`. */
  readonly bind?: Readonly<Record<string, ExtentLike>>;
  /** How the report calls the model. */
  readonly name?: string;
  /** Causal attention: all positions, which is what is computed and what tools count, or those that the mask leaves. */
  readonly causal?: 'full' | 'half';
  /** Language models: the head on all positions of a pass, or on the last alone, as servers do. */
  readonly logits?: 'all' | 'last';
  /** Peak memory as runtimes plan it that write results of elementwise functions over inputs nobody reads afterwards. */
  readonly inplace?: boolean;
  /** Formulas for operators that have none, by operator; as in a file of `--formulas`. */
  readonly formulas?: GivenFormulas;
  /** For Python sources: which model of the file (`Net`, `build(width=64)`), and where its imports are. */
  readonly python?: PythonOptions;
}

export interface ProfileOptions extends OpenOptions {
  /** Whose number `macs`, `flops` and `params` are: `thop`, `torchstat`, …; `exact` by default. */
  readonly convention?: string;
  /** Further conventions to put into the report. */
  readonly conventions?: readonly string[];
  /** A rule for a module class or an operator, as thop's `custom_ops`: it gives the convention's count for one call. */
  readonly customOps?: CustomOps;
  /** What a row of `layers` is. */
  readonly by?: Grouping;
  /** Devices whose lower bounds of time are wanted: `h100-sxm`, `rtx-4090:fp16`, a description in words, or a Device. */
  readonly devices?: readonly (string | Device)[];
}

/** The report as data, and the convention's own counts under their unit. */
export interface Profile extends Report {
  /** Multiply-accumulates; absent where the convention states none. bigint, or a formula where dimensions are free. */
  readonly macs: ReportCount;
  readonly flops: ReportCount;
  readonly params: ReportCount;
}

/** How a front opens text: Node tries paths too. */
export type OpenText = (text: string, options: OpenOptions) => Promise<Ledger>;

/** The facts of a model, unjudged. Throws ModelError and SourceError. */
export function readWith(openText: OpenText, model: ModelLike, options: OpenOptions = {}): Promise<Ledger> {
  return ownErrors(() => readModel(openText, model, options));
}

async function readModel(openText: OpenText, model: ModelLike, options: OpenOptions): Promise<Ledger> {
  const bindings = resolveBindings(options.bind ?? {});
  const formulas = checkedFormulas(options.formulas ?? {});
  let ledger = givenFormulas(await readFacts(openText, model, options, bindings), formulas);
  await checkBindings(openText, model, options, bindings, ledger);
  ledger = bindPinned(bindLedger(ledger, bindings));
  if (options.logits !== undefined && ledger.description === undefined)
    throw new ModelError('argument', '--logits is for language models read from their description', {
      hint: 'leave it out: this model’s graph says itself what its head computes',
    });
  if (options.causal === 'half') ledger = causalHalf(ledger);
  return Object.freeze(options.name === undefined ? ledger : { ...ledger, name: options.name });
}

/** The ledger as the model's reader gives it. */
async function readFacts(
  openText: OpenText,
  model: ModelLike,
  options: OpenOptions,
  bindings: ReadonlyMap<string, Dim>,
): Promise<Ledger> {
  if (isModule(model)) return readModule(model, moduleInputs(model, options, bindings));
  if (typeof model === 'string') return openText(model, options);
  if (isLedger(model)) return model;
  return readBytes(model, readOptions(options));
}

/** Read before: its input shapes are settled, its free dimensions can still be bound. */
function isLedger(model: object): model is Ledger {
  return 'entries' in model && 'root' in model && 'weights' in model;
}

/** A name that the model does not have binds nothing, and was meant to: an error, with the names that there are. */
async function checkBindings(
  openText: OpenText,
  model: ModelLike,
  options: OpenOptions,
  bindings: ReadonlyMap<string, Dim>,
  ledger: Ledger,
): Promise<void> {
  const known = new Set([...(ledger.bound ?? []), ...freeSymbols(ledger)]);
  if ([...bindings.keys()].every((name) => known.has(name))) return;
  const { bind: _, ...unbound } = options;
  const free = freeSymbols(await readFacts(openText, model, unbound, new Map()));
  const wrong = [...bindings.keys()].filter((name) => !free.includes(name) && !known.has(name));
  if (wrong.length > 0)
    throw new ModelError('argument', `the model has no free dimension "${wrong[0]}"`, {
      hint:
        free.length === 0
          ? 'all its dimensions are numbers: name one in an input shape, as in batchx3x224x224'
          : `free: ${free.join(', ')}`,
    });
}

/** The options of a reader, from what the user wrote. */
export function readOptions(options: OpenOptions): {
  inputs?: ReturnType<typeof resolveInputs>;
  bind: ReadonlyMap<string, Dim>;
  python?: PythonOptions;
  logits?: 'all' | 'last';
  formulas?: GivenFormulas;
} {
  return {
    ...(options.python === undefined ? {} : { python: options.python }),
    ...(options.inputs === undefined ? {} : { inputs: resolveInputs(options.inputs) }),
    bind: resolveBindings(options.bind ?? {}),
    ...(options.logits === undefined ? {} : { logits: options.logits }),
    ...(options.formulas === undefined ? {} : { formulas: options.formulas }),
  };
}

function moduleInputs(model: AnyModule, options: OpenOptions, bindings: ReadonlyMap<string, Dim>): InputSpec[] {
  if (options.inputs === undefined)
    throw new ModelError('argument', 'a module does not say what its inputs are', {
      format: 'nn',
      hint: `give their shapes: profile(${model.constructor.name || 'model'}, { inputs: [[1, 3, 224, 224]] })`,
    });
  return resolveInputs(options.inputs).map((input) => ({
    ...input,
    shape: input.shape.map((d) => substitute(d, bindings)),
  }));
}

/** Opens a built-in model by name, on its own inputs unless others are given. */
export async function readBuiltin(name: string, options: OpenOptions): Promise<Ledger> {
  const { builtin } = await import('../models/registry.js');
  const model = builtin(name);
  const build = await model.load();
  const bindings = resolveBindings(options.bind ?? {});
  const inputs = options.inputs ?? model.inputs;
  const module = build();
  const ledger = readModule(module, moduleInputs(module, { ...options, inputs }, bindings), {
    name: options.name ?? model.name,
  });
  return { ...ledger, format: 'built-in' };
}

export async function profileWith(
  openText: OpenText,
  model: ModelLike,
  options: ProfileOptions = {},
): Promise<Profile> {
  await Promise.all([lensesOf(options), devicesOf(options)]); // a mistyped name is told before the model is read
  return profileOf(await readWith(openText, model, options), options);
}

/** The convention whose numbers stand in front, and all that the report is to have. */
async function lensesOf(options: ProfileOptions): Promise<{ own: string; lenses: Convention[] }> {
  const front = options.convention ?? 'exact';
  const lenses = await loadConventions([front, ...(options.conventions ?? [])]);
  return { own: lenses.find((lens) => lens.id === front.toLowerCase())?.id ?? 'exact', lenses };
}

async function devicesOf({ devices = [] }: ProfileOptions): Promise<DeviceChoice[]> {
  if (devices.length === 0) return [];
  const { deviceOf } = await import('../machine/choose.js');
  return Promise.all(devices.map((d) => (typeof d === 'string' ? deviceOf(d) : { device: d, as: null })));
}

/** The report of a ledger, with the numbers of one convention in front. Throws ModelError. */
export function profileOf(ledger: Ledger, options: ProfileOptions = {}): Promise<Profile> {
  return ownErrors(() => profileLedger(ledger, options));
}

async function profileLedger(ledger: Ledger, options: ProfileOptions): Promise<Profile> {
  const { own: id, lenses } = await lensesOf(options);
  const devices = await devicesOf(options);
  const report = buildReport(ledger, {
    conventions: lenses,
    bound: resolveBindings(options.bind ?? {}),
    ...(options.by === undefined ? {} : { by: options.by }),
    ...(devices.length === 0 ? {} : { devices }),
    ...(options.inplace === undefined ? {} : { inplace: options.inplace }),
    ...(options.customOps === undefined ? {} : { customOps: options.customOps }),
  });
  const result = report.conventions[id];
  const inUnit = (unit: string): ReportCount | number | undefined => {
    const name = Object.keys(result?.counts ?? {}).find((n) => result?.units[n] === unit);
    return name === undefined ? undefined : result?.counts[name];
  };
  // Not enumerable: JSON of a profile is the report's schema and nothing else.
  const hidden = (value: unknown): PropertyDescriptor => ({ value, enumerable: false });
  const yolov5 = await yoloLines(ledger);
  const serving = await servingPart(ledger, options);
  return Object.defineProperties(
    { ...report, ...(yolov5 === undefined ? {} : { yolov5 }), ...serving },
    {
      macs: hidden(inUnit('mac')),
      flops: hidden(inUnit('flop')),
      params: hidden(result?.params),
    },
  ) as Profile;
}

/** What a language model takes to serve; its code is loaded only for one. */
async function servingPart(ledger: Ledger, options: ProfileOptions): Promise<{ serving?: ReportServing }> {
  if (ledger.description === undefined || ledger.description.kept === null) return {};
  const { servingOf } = await import('../machine/serving.js');
  const { servingOut } = await import('../report/serving.js');
  const serving = servingOf(ledger, resolveBindings(options.bind ?? {}));
  return serving === null ? {} : { serving: servingOut(serving) };
}

/** What YOLOv5 prints of a model that one of its descriptions was built into; its code is loaded only then. */
async function yoloLines(ledger: Ledger): Promise<ReportYolo[] | undefined> {
  if (typeof ledger.root.module.attrs['yaml'] !== 'string') return undefined;
  const { yoloSummary } = await import('../report/yolo-summary.js');
  const extents = ledger.inputs[0]?.value.type?.shape.slice(-2).map(Number) ?? [];
  const [height, width] = extents;
  const imgsz = height && width ? ([height, width] as const) : 640;
  const lines = (['v7.0', 'master'] as const).flatMap((version) => {
    const summary = yoloSummary(ledger, { version, imgsz });
    if (summary === null) return [];
    const { line, gflops, gflopsStraight, why } = summary;
    return [{ version, line, gflops, gflopsStraight, why }];
  });
  return lines.length === 0 ? undefined : lines;
}

/**
 * torchstat's `stat(model, (3, 224, 224))`: its table and totals as text, the duration left out. `input` is C×H×W; the
 * batch is 1, as there. Throws ModelError where torchstat itself fails.
 */
export async function statWith(openText: OpenText, model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  const ledger = await readWith(openText, model, { inputs: [[1, ...input]] });
  const { torchstatTable } = await import('../conventions/torchstat.js');
  const { statTable } = await import('../report/torchstat-table.js');
  return statTable(torchstatTable(ledger));
}
