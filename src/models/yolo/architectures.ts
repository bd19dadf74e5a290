import { byName } from '../../source/by-name.js';
import type { Arg, LayerSpec, YoloConfig } from './config.js';

type Row = readonly [from: number | readonly number[], repeats: number, module: string, args: readonly Arg[]];

/** A size of a family: what all have in common, and what sets this one apart. */
interface Architecture {
  readonly depth?: number;
  readonly width?: number;
  readonly anchors?: YoloConfig['anchors'];
  readonly activation?: string;
  readonly rows: () => readonly Row[];
}

const ANCHORS_P5 = [
  [10, 13, 16, 30, 33, 23],
  [30, 61, 62, 45, 59, 119],
  [116, 90, 156, 198, 373, 326],
];
const ANCHORS_P6 = [
  [19, 27, 44, 40, 38, 94],
  [96, 68, 86, 152, 180, 137],
  [140, 301, 303, 264, 238, 542],
  [436, 615, 739, 380, 925, 792],
];
const ANCHORS_TINY = [
  [10, 14, 23, 27, 37, 58],
  [81, 82, 135, 169, 344, 319],
];

interface Style {
  /** The convolution after the first, and the block between convolutions. */
  readonly conv: string;
  readonly block: string;
  /** The block of the last stage. */
  readonly last: string;
}
const PLAIN: Style = { conv: 'Conv', block: 'C3', last: 'C3' };

/** Halves the map and doubles the width a stage; as many stages as there are widths. Ends with pyramid pooling. */
function backbone(widths: readonly number[], style: Style): Row[] {
  const depths = [3, 6, 9];
  const end = widths.length - 1;
  return [
    [-1, 1, 'Conv', [64, 6, 2, 2]],
    ...widths.flatMap((width, i): Row[] => [
      [-1, 1, style.conv, [width, 3, 2]],
      [-1, i === end ? 3 : (depths[i] ?? 3), i === end ? style.last : style.block, [width]],
    ]),
    [-1, 1, 'SPPF', [widths[end] as number, 5]],
  ];
}

const upsampled: Row = [-1, 1, 'nn.Upsample', ['None', 2, 'nearest']];

interface Neck {
  /** Repeats of the block at the finest map. */
  readonly finest?: number;
  /** Whether the way back also takes the backbone's own maps. */
  readonly skip?: boolean;
  /** Maps that boxes are found on; all of them where left out. */
  readonly maps?: number;
}

/**
 * Path aggregation over a backbone of these widths: down to the map after `top` of its stages and back up again. The head
 * takes the outputs on the way back.
 */
function pyramid(
  widths: readonly number[],
  style: Style,
  detect: Row[2],
  more: readonly Arg[],
  neck: Neck,
  finest = 1,
): Row[] {
  const rows: Row[] = [...backbone(widths, style)];
  const stageEnd = (i: number): number => 2 * i + 2; // index of the block of stage i
  const laterals: number[] = [];
  for (let i = widths.length - 2; i >= finest; i--) {
    // The lateral is as wide as the map that it meets.
    laterals.push(rows.length);
    const width = widths[i] as number;
    rows.push(
      [-1, 1, style.conv, [width, 1, 1]],
      upsampled,
      [[-1, stageEnd(i)], 1, 'Concat', [1]],
      [-1, i === finest ? (neck.finest ?? 3) : 3, style.block, [width, false]],
    );
  }
  const outputs = [rows.length - 1];
  for (let i = finest; outputs.length < (neck.maps ?? Number.POSITIVE_INFINITY) && i < widths.length - 1; i++) {
    const lateral = laterals.pop() as number;
    const from = neck.skip === true && i < widths.length - 2 ? [-1, lateral, stageEnd(i + 1)] : [-1, lateral];
    rows.push(
      [-1, 1, style.conv, [widths[i] as number, 3, 2]],
      [from, 1, 'Concat', [1]],
      [-1, 3, style.block, [widths[i + 1] as number, false]],
    );
    outputs.push(rows.length - 1);
  }
  rows.push([outputs, 1, detect, ['nc', 'anchors', ...more]]);
  return rows;
}

const P5 = [128, 256, 512, 1024];
const P6 = [128, 256, 512, 768, 1024];
const P7 = [128, 256, 512, 768, 1024, 1280];

const detection =
  (widths: readonly number[], style: Style = PLAIN, neck: Neck = {}, finest = 1) =>
  (): Row[] =>
    pyramid(widths, style, 'Detect', [], neck, finest);
const segmentation = (): Row[] => pyramid(P5, PLAIN, 'Segment', [32, 256], {});

/** A feature pyramid without the way back. */
function featurePyramid(): Row[] {
  const rows: Row[] = [...backbone(P5, PLAIN), [-1, 3, 'C3', [1024, false]]];
  const outputs = [rows.length - 1];
  for (const [stage, width] of [
    [6, 512],
    [4, 256],
  ] as const) {
    rows.push(
      upsampled,
      [[-1, stage], 1, 'Concat', [1]],
      [-1, 1, 'Conv', [width, 1, 1]],
      [-1, 3, 'C3', [width, false]],
    );
    outputs.unshift(rows.length - 1);
  }
  return [...rows, [outputs, 1, 'Detect', ['nc', 'anchors']]];
}

/** Darknet-53, and its head with pyramid pooling or a plain convolution in front. */
function darknet(pooled: boolean): Row[] {
  const stages = [
    [64, 1],
    [128, 2],
    [256, 8],
    [512, 8],
    [1024, 4],
  ] as const;
  return [
    [-1, 1, 'Conv', [32, 3, 1]],
    ...stages.flatMap(([width, repeats]): Row[] => [
      [-1, 1, 'Conv', [width, 3, 2]],
      [-1, repeats, 'Bottleneck', [width]],
    ]),
    [-1, 1, 'Bottleneck', [1024, false]],
    [-1, 1, ...(pooled ? (['SPP', [512, [5, 9, 13]]] as const) : (['Conv', [512, 1, 1]] as const))],
    [-1, 1, 'Conv', [1024, 3, 1]],
    [-1, 1, 'Conv', [512, 1, 1]],
    [-1, 1, 'Conv', [1024, 3, 1]],
    [-2, 1, 'Conv', [256, 1, 1]],
    upsampled,
    [[-1, 8], 1, 'Concat', [1]],
    [-1, 1, 'Bottleneck', [512, false]],
    [-1, 1, 'Bottleneck', [512, false]],
    [-1, 1, 'Conv', [256, 1, 1]],
    [-1, 1, 'Conv', [512, 3, 1]],
    [-2, 1, 'Conv', [128, 1, 1]],
    upsampled,
    [[-1, 6], 1, 'Concat', [1]],
    [-1, 1, 'Bottleneck', [256, false]],
    [-1, 2, 'Bottleneck', [256, false]],
    [[27, 22, 15], 1, 'Detect', ['nc', 'anchors']],
  ];
}

function darknetTiny(): Row[] {
  return [
    ...[16, 32, 64, 128, 256].flatMap((width): Row[] => [
      [-1, 1, 'Conv', [width, 3, 1]],
      [-1, 1, 'nn.MaxPool2d', [2, 2, 0]],
    ]),
    [-1, 1, 'Conv', [512, 3, 1]],
    [-1, 1, 'nn.ZeroPad2d', [[0, 1, 0, 1]]],
    [-1, 1, 'nn.MaxPool2d', [2, 1, 0]],
    [-1, 1, 'Conv', [1024, 3, 1]],
    [-1, 1, 'Conv', [256, 1, 1]],
    [-1, 1, 'Conv', [512, 3, 1]],
    [-2, 1, 'Conv', [128, 1, 1]],
    upsampled,
    [[-1, 8], 1, 'Concat', [1]],
    [-1, 1, 'Conv', [256, 3, 1]],
    [[19, 15], 1, 'Detect', ['nc', 'anchors']],
  ];
}

const SIZES = {
  n: { depth: 0.33, width: 0.25 },
  s: { depth: 0.33, width: 0.5 },
  m: { depth: 0.67, width: 0.75 },
  l: { depth: 1, width: 1 },
  x: { depth: 1.33, width: 1.25 },
} as const;

function sized(suffix: string, rest: Omit<Architecture, 'depth' | 'width'>): Record<string, Architecture> {
  return Object.fromEntries(
    Object.entries(SIZES).map(([size, scale]) => [`yolov5${size}${suffix}`, { ...scale, ...rest }]),
  );
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = byName({
  ...sized('', { rows: detection(P5) }),
  ...sized('6', { anchors: ANCHORS_P6, rows: detection(P6) }),
  ...sized('-seg', { rows: segmentation }),
  'yolov5-bifpn': { rows: detection(P5, PLAIN, { skip: true }) },
  'yolov5-fpn': { rows: featurePyramid },
  'yolov5-p2': { anchors: 3, rows: detection(P5, PLAIN, { finest: 1 }, 0) },
  'yolov5-p34': { ...SIZES.s, anchors: 3, rows: detection(P5, PLAIN, { maps: 2 }) },
  'yolov5-p6': { anchors: 3, rows: detection(P6) },
  'yolov5-p7': { anchors: 3, rows: detection(P7) },
  'yolov5-panet': { rows: detection(P5) },
  'yolov5s-LeakyReLU': { ...SIZES.s, activation: 'nn.LeakyReLU(0.1)', rows: detection(P5) },
  'yolov5s-ghost': { ...SIZES.s, rows: detection(P5, { conv: 'GhostConv', block: 'C3Ghost', last: 'C3Ghost' }) },
  'yolov5s-transformer': { ...SIZES.s, rows: detection(P5, { ...PLAIN, last: 'C3TR' }) },
  yolov3: { rows: () => darknet(false) },
  'yolov3-spp': { rows: () => darknet(true) },
  'yolov3-tiny': { anchors: ANCHORS_TINY, rows: darknetTiny },
});

/** The architectures that YOLOv5 ships, by the name of their file. */
export const NAMES: readonly string[] = Object.keys(ARCHITECTURES);

/** The configuration of a shipped architecture; undefined for a name that YOLOv5 does not ship. Eighty classes (COCO). */
export function architecture(name: string): YoloConfig | undefined {
  const found = Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (found === undefined) return undefined;
  return {
    name,
    ch: 3,
    nc: 80,
    depth_multiple: found.depth ?? 1,
    width_multiple: found.width ?? 1,
    channel_multiple: 8,
    anchors: found.anchors ?? ANCHORS_P5,
    activation: found.activation ?? null,
    layers: found.rows().map(([from, repeats, module, args]): LayerSpec => ({ from, repeats, module, args })),
  };
}
