import { ModelError } from '../../source/errors.js';
import { withDefaults } from '../vision/blocks.js';
import { architecture } from './architectures.js';
import { buildModel, type DetectionModel } from './model.js';

export interface YoloModelOptions {
  /** Classes; 80, as in COCO. */
  readonly nc?: number;
  /** Channels of the image. */
  readonly ch?: number;
  /** With batch norms merged into their convolutions, as YOLOv5 runs it. */
  readonly fused?: boolean;
}

/** The models that YOLOv5 ships, by the names of their files. */
const NAMES = [
  ...(['yolov5n', 'yolov5s', 'yolov5m', 'yolov5l', 'yolov5x'] as const),
  ...(['yolov5n6', 'yolov5s6', 'yolov5m6', 'yolov5l6', 'yolov5x6'] as const),
  ...(['yolov5n-seg', 'yolov5s-seg', 'yolov5m-seg', 'yolov5l-seg', 'yolov5x-seg'] as const),
  ...(['yolov5s-LeakyReLU', 'yolov5s-ghost', 'yolov5s-transformer'] as const),
  ...(['yolov5-bifpn', 'yolov5-fpn', 'yolov5-p2', 'yolov5-p34', 'yolov5-p6', 'yolov5-p7', 'yolov5-panet'] as const),
  ...(['yolov3', 'yolov3-spp', 'yolov3-tiny'] as const),
] as const;
export type YoloName = (typeof NAMES)[number];

/**
 * A model that YOLOv5 ships, by the name of its file: (N, ch, H, W) → predictions, H and W multiples of its stride.
 * Throws ModelError `argument` for an unknown name.
 */
export function yolo(name: string, options: YoloModelOptions = {}): DetectionModel {
  const config = architecture(name);
  if (config === undefined)
    throw new ModelError('argument', `YOLOv5 ships no "${name}"`, { format: 'yolo', hint: NAMES.join(', ') });
  const { nc, ch, fused } = withDefaults(name, options, { nc: config.nc, ch: config.ch, fused: false });
  const model = buildModel({ ...config, nc, ch });
  return fused ? model.fuse() : model;
}

/** All of them, as factories. */
export const YOLO: Readonly<Record<YoloName, (options?: YoloModelOptions) => DetectionModel>> = Object.fromEntries(
  NAMES.map((name) => [name, (options: YoloModelOptions = {}) => yolo(name, options)]),
) as Record<YoloName, (options?: YoloModelOptions) => DetectionModel>;

export function yolov5n(options: YoloModelOptions = {}): DetectionModel {
  return yolo('yolov5n', options);
}
export function yolov5s(options: YoloModelOptions = {}): DetectionModel {
  return yolo('yolov5s', options);
}
export function yolov5m(options: YoloModelOptions = {}): DetectionModel {
  return yolo('yolov5m', options);
}
export function yolov5l(options: YoloModelOptions = {}): DetectionModel {
  return yolo('yolov5l', options);
}
export function yolov5x(options: YoloModelOptions = {}): DetectionModel {
  return yolo('yolov5x', options);
}
