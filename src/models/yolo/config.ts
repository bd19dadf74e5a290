/** An argument of a layer as written: `None` and the like are still text. */
export type Arg = number | string | boolean | null | readonly Arg[];

/** One line of a backbone or head. */
export interface LayerSpec {
  /** Which layers it takes: −1 is the one before, other negative numbers count back, others are absolute. */
  readonly from: number | readonly number[];
  readonly repeats: number;
  /** `Conv`, `nn.Upsample`. */
  readonly module: string;
  readonly args: readonly Arg[];
  /** Line in the file, from 1. */
  readonly line?: number;
}

/** Contents of a YOLOv5 YAML. */
export interface YoloConfig {
  /** File name without its extension: `yolov5s`. */
  readonly name: string;
  /** Channels of the image. */
  readonly ch: number;
  /** Classes. */
  readonly nc: number;
  readonly depth_multiple: number;
  readonly width_multiple: number;
  /** Widths are rounded up to a multiple of it. */
  readonly channel_multiple: number;
  /** Width, height, width, height, … of the anchors of each map; or how many there are on each. */
  readonly anchors: number | readonly (readonly number[])[];
  /** `nn.LeakyReLU(0.1)`; null for SiLU. */
  readonly activation: string | null;
  /** Backbone, then head. */
  readonly layers: readonly LayerSpec[];
}

/** Text of a model's description; the longest that YOLOv5 ships has 2 kB. */
export const MAX_TEXT = 1 << 16;
/** Lines of backbone and head together; the longest that YOLOv5 ships has 42. */
export const MAX_LAYERS = 2000;
/** Repeats of all layers together, after the depth multiple; the deepest that YOLOv5 ships has 77. */
export const MAX_REPEATS = 1000;
/** Channels of a layer and classes of a head: keeps every width a plain number. */
export const MAX_CHANNELS = 1 << 20;
/** Members of a list among a layer's arguments (kernel sizes, anchors). */
export const MAX_LIST = 256;
/** Kernels beside each other and maps taken, over all repeats of all layers; the most that YOLOv5 ships has 200. */
export const MAX_PARTS = 20_000;
