import { type Dim, equal, format, mul, sub, substitute, sym, toNumber } from '../dim/index.js';
import type { Ledger } from '../ledger/index.js';
import type { YoloConfig } from '../models/yolo/config.js';
import { buildModel, type DetectionModel } from '../models/yolo/model.js';
import { isModelError } from '../source/index.js';
import { Parameter, readModule } from '../torch/nn/index.js';
import { thop } from './thop/index.js';
import { ultralyticsThop } from './thop/ultralytics.js';
import type { PrintedLine } from './types.js';

export interface YoloSummaryOptions {
  /** Whose line: that of release 7.0, or of the main branch of 2026. */
  readonly version?: 'v7.0' | 'master';
  /** Which thop counts: by default the one that the version is installed with. */
  readonly counter?: 'thop' | 'ultralytics-thop';
  /** Height and width of the image, or both in one: 640. */
  readonly imgsz?: number | readonly [height: number, width: number];
  /** After `fuse()`: batch norms merged into their convolutions. A model that is fused already stays so. */
  readonly fused?: boolean;
}

export interface YoloSummary {
  readonly layers: number;
  readonly parameters: number;
  readonly gradients: number;
  /**
   * 10⁹ FLOPs, two for each of the counter's MACs: counted on an image as large as the stride, scaled by the area. Null
   * where the model does not run on so small an image; YOLOv5 then leaves it out.
   */
  readonly gflops: number | null;
  /** The same, counted on the image itself; null if it cannot be run, as with sides that are not multiples of the stride. */
  readonly gflopsDirect: number | null;
  /** The counter's MACs on an image of height stride·h and width stride·w; null if there is no such formula. */
  readonly formula: string | null;
  readonly stride: number;
  /** As YOLOv5 prints it, to the letter. */
  readonly line: string;
  /** Why the two differ; null if they do not. */
  readonly why: string | null;
}

const STRIDE_AT_LEAST = 32;
/** Layers that an explanation names. */
const MAX_NAMED = 3;

/** What YOLOv5 prints of one of its models when it builds it: the line of each of its versions. */
export function yolov5Lines(ledger: Ledger): PrintedLine[] {
  const [height, width] = ledger.inputs[0]?.value.type?.shape.slice(-2).map(Number) ?? [];
  const imgsz = height && width ? ([height, width] as const) : 640;
  return (['v7.0', 'master'] as const).flatMap((version) => {
    const summary = yoloSummary(ledger, { version, imgsz });
    if (summary === null) return [];
    const { line, gflops, gflopsDirect, why } = summary;
    const words = [
      ...(gflops === null || gflopsDirect === null ? [] : [gflopsWords(gflops, gflopsDirect)]),
      ...(why === null ? [] : [why]),
    ];
    return [{ by: 'YOLOv5', version, line, values: { gflops, gflopsDirect }, words }];
  });
}

function gflopsWords(gflops: number, direct: number): string {
  const same = Math.abs(gflops - direct) < 1e-9;
  const rest = same
    ? 'counted on the input itself they are the same'
    : `counted on the input itself they are ${direct.toFixed(3)}, so ${gflops.toFixed(3)}`;
  return `GFLOPs: 2 × the MACs of thop, counted on an image of one stride and scaled to the area; ${rest}.`;
}

/**
 * The line that YOLOv5 prints when it builds a model, from the facts of that model on any image; null for facts of
 * something else. Source: utils/torch_utils.py: model_info (v7.0); ultralytics/utils/torch_utils.py: model_info, get_flops.
 */
export function yoloSummary(ledger: Ledger, options: YoloSummaryOptions = {}): YoloSummary | null {
  const described = ledger.root.module;
  const yaml = described.attrs['yaml'];
  if (!described.classHierarchy.includes('models.yolo.DetectionModel') || typeof yaml !== 'string') return null;
  const model = buildModel(JSON.parse(yaml) as YoloConfig);
  if (described.attrs['fused'] === true) model.fuse();
  freeze(model, ledger);
  if (options.fused === true) model.fuse();
  return summarize(model, options);
}

/** The built model's parameters are as trainable as those that the facts are about. */
function freeze(model: DetectionModel, ledger: Ledger): void {
  const frozen = new Set(ledger.weights.filter((w) => w.trainable === false).map((w) => w.name));
  for (const [path, module] of model.named_modules())
    for (const [name, value] of Object.entries(module))
      if (value instanceof Parameter && frozen.has(`${path}.${name}`)) value.requires_grad = false;
}

function summarize(model: DetectionModel, options: YoloSummaryOptions): YoloSummary {
  const version = options.version ?? 'v7.0';
  const counter = options.counter ?? (version === 'master' ? 'ultralytics-thop' : 'thop');
  const { imgsz = 640 } = options;
  const [height, width] = typeof imgsz === 'number' ? [imgsz, imgsz] : imgsz;
  const stride = Math.max(Math.trunc(Math.max(...model.stride)), STRIDE_AT_LEAST);
  const modules = model.modules();
  const layers = version === 'master' ? modules.filter((m) => m.children().length === 0).length : modules.length;
  const weights = model.parameters();
  const elements = (ps: typeof weights): number => ps.reduce((n, p) => n + toNumber(p.numel()), 0);
  const [parameters, gradients] = [elements(weights), elements(weights.filter((p) => p.requires_grad))];

  const formula = attempt(() => countOver(model, stride, counter, H, W));
  const small = attempt(() => toNumber(countOver(model, stride, counter, 1, 1).macs));
  // A formula does not say from which size on the model runs; what runs on the smallest image does on all.
  const macsAt = (h: number, w: number): number =>
    toNumber(
      formula === null || small === null ? countOver(model, stride, counter, h, w).macs : bound(formula.macs, h, w),
    );
  // YOLOv5's own order of multiplications: its last digits depend on it.
  const gflops = small === null ? null : ((((small / 1e9) * 2 * height) / stride) * width) / stride;
  const fits = height % stride === 0 && width % stride === 0;
  const gflopsDirect = fits ? attempt(() => (macsAt(height / stride, width / stride) / 1e9) * 2) : null;
  const why = (): string | null => {
    if (gflops === null) return `the model cannot be counted on an image of ${stride} × ${stride}`;
    if (!fits) return `an image of ${height} × ${width} cannot be run: its sides are not multiples of ${stride}`;
    if (formula !== null) return whyDifferent(formula, stride, height, width);
    return gflops === gflopsDirect ? null : 'the count has no formula in height and width';
  };
  return {
    layers,
    parameters,
    gradients,
    gflops,
    gflopsDirect,
    formula: formula === null || small === null ? null : format(formula.macs),
    stride,
    line: lineOf(model.config.name, version, layers, parameters, gradients, gflops),
    why: why(),
  };
}

/** A result, or null if a model cannot be run in that way. */
function attempt<T>(body: () => T): T | null {
  try {
    return body();
  } catch (error) {
    if (isModelError(error)) return null;
    throw error;
  }
}

interface Counts {
  readonly macs: Dim;
  readonly layers: ReadonlyMap<string, Dim>;
}

/** The counter's MACs on an image of stride·h × stride·w: over symbols, a formula for every size at once. */
function countOver(model: DetectionModel, stride: number, counter: string, h: Dim, w: Dim): Counts {
  const shape = [1, model.config.ch, mul(stride, h), mul(stride, w)];
  const { counts, layers = new Map() } = (counter === 'thop' ? thop : ultralyticsThop).run(
    readModule(model, [{ shape }]),
  );
  const macs = counts['macs'] ?? 0;
  return { macs, layers: new Map([...layers].map(([path, row]) => [path, row['macs'] ?? 0])) };
}

const [H, W] = [sym('h'), sym('w')];

function bound(count: Dim, h: number, w: number): Dim {
  return substitute(
    count,
    new Map([
      ['h', h],
      ['w', w],
    ]),
  );
}

/** The layers whose work is not in proportion to the area, and by how much the trick is wrong about them. */
function whyDifferent({ macs, layers }: Counts, stride: number, height: number, width: number): string | null {
  const [h, w] = [height / stride, width / stride];
  const off = (count: Dim): Dim => sub(bound(count, h, w), mul(bound(count, 1, 1), h, w));
  const difference = Number(off(macs));
  const odd = [...layers].filter(([, count]) => !equal(count, mul(bound(count, 1, 1), H, W)) && !equal(off(count), 0));
  if (difference === 0 && odd.length === 0) return null;
  const list = (rows: readonly (readonly [string, Dim])[]): string =>
    `${rows
      .slice(0, MAX_NAMED)
      .map(([path, count]) => `${path} (${format(count)})`)
      .join(', ')}${rows.length > MAX_NAMED ? ` and ${rows.length - MAX_NAMED} more` : ''}`;
  const faster = odd.filter(([, count]) => Number(off(count)) > 0);
  const slower = odd.filter(([, count]) => Number(off(count)) < 0);
  const parts = [
    ...(faster.length > 0 ? [`faster than the area, as attention between all positions does: ${list(faster)}`] : []),
    ...(slower.length > 0 ? [`slower than the area, as layers after a global pool do: ${list(slower)}`] : []),
  ];
  const gflops = Math.abs((difference / 1e9) * 2);
  return (
    `YOLOv5 counts on ${stride} × ${stride} and scales by the area to ${height} × ${width}; ` +
    `MACs on ${stride}·h × ${stride}·w grow ${parts.join('; ')}. ` +
    `The line is ${fixed(gflops, 4)} GFLOPs ${difference > 0 ? 'short' : 'too high'}`
  );
}

function lineOf(
  file: string,
  version: 'v7.0' | 'master',
  layers: number,
  parameters: number,
  gradients: number,
  gflops: number | null,
): string {
  const plain = version === 'v7.0';
  // Each capitalises the first spelling of its own name.
  const name = plain ? file.replaceAll('yolov5', 'YOLOv5') : file.replaceAll('yolo', 'YOLO');
  const digits = (n: number): string => (plain ? String(n) : String(n).replace(/\B(?=(\d{3})+$)/g, ','));
  const work = gflops === null || (gflops === 0 && !plain) ? '' : `, ${fixed(gflops, 1)} GFLOPs`;
  return `${name} summary: ${digits(layers)} layers, ${digits(parameters)} parameters, ${digits(gradients)} gradients${work}`;
}

/** As Python's `:.1f`: to the nearest, a tie to the even digit. */
function fixed(x: number, digits: number): string {
  const text = x.toFixed(digits);
  const scaled = x * 10 ** digits;
  // Only a multiple of a power of two ends in exactly half of the last digit; such products are exact.
  if (scaled % 1 !== 0.5 || scaled / 10 ** digits !== x) return text;
  const low = Math.floor(scaled);
  return ((low % 2 === 0 ? low : low + 1) / 10 ** digits).toFixed(digits);
}
