import * as nn from '../../torch/nn/index.js';
import { type LayerSpec, MAX_CHANNELS, MAX_PARTS, MAX_REPEATS, type YoloConfig } from './config.js';
import type { Fail } from './failures.js';
import { makeDivisible } from './numbers.js';
import type { Value } from './values.js';

/** A layer of the model, beside what YOLOv5's table shows of it. */
export interface Layer {
  readonly module: nn.AnyModule;
  readonly spec: LayerSpec;
  /** Layers that it takes, absolute; −1 is the image. */
  readonly from: number | readonly number[];
  /** Repeats after the depth multiple. */
  readonly repeats: number;
  /** Constructor arguments after scaling. */
  readonly args: readonly Value[];
  /** Channels that it gives. */
  readonly channels: number;
}

/** Shares of the description's budgets that earlier layers have used. */
export interface Spent {
  repeats: number;
  parts: number;
}

/** Throws before a layer is built that takes more than the budgets leave: a line of text may ask for millions of modules. */
function spend(spent: Spent, { from, args, repeats }: Omit<Layer, 'module'>, fail: Fail): void {
  spent.repeats += repeats;
  if (spent.repeats > MAX_REPEATS)
    throw fail(`more than ${MAX_REPEATS} repeats so far`, 'check the repeats and depth_multiple', 'limit');
  // A copy has a kernel or takes a map for each member of a list.
  const lists = args.map((arg) => (Array.isArray(arg) ? arg.length : 1));
  spent.parts += repeats * Math.max(1, typeof from === 'number' ? 1 : from.length, ...lists);
  if (spent.parts > MAX_PARTS)
    throw fail(
      `more than ${MAX_PARTS} parts so far`,
      'check the repeats, and the lists of kernels and of layers to take',
      'limit',
    );
}

/** Anchor boxes at each place of a map. */
export function anchorsPerMap({ anchors }: YoloConfig): number {
  return typeof anchors === 'number' ? anchors : Math.floor((anchors[0]?.length ?? 0) / 2);
}

/** Channels of an output layer: for each anchor four edges, a score and the classes. */
export function boxChannels(config: YoloConfig): number {
  return anchorsPerMap(config) * (config.nc + 5);
}

interface Place {
  readonly config: YoloConfig;
  readonly before: readonly Layer[];
  readonly spec: LayerSpec;
  readonly from: Layer['from'];
  readonly repeats: number;
  readonly spent: Spent;
  readonly fail: Fail;
}

/** One layer in the making: where it is in the description, what goes into it, and what it may take of the budgets. */
export class LayerBuilder {
  readonly repeats: number;
  readonly fail: Fail;
  readonly boxes: number;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    this.repeats = place.repeats;
    this.fail = place.fail;
    this.boxes = boxChannels(place.config);
  }

  /** Name of the module, without `torch.` before torch.nn's own. */
  get name(): string {
    return this.#place.spec.module.replace(/^torch\.(?=nn\.)/, '');
  }

  /** Channels of the one layer that it takes. Throws ModelError if it is given a list. */
  input(): number {
    const { from } = this.#place;
    if (typeof from !== 'number')
      throw this.fail('takes one layer, but is given a list', 'write its from as one number');
    return this.#channelsOf(from);
  }

  /** Channels of each layer that it takes. Throws ModelError if it is given a single one. */
  inputs(): number[] {
    const { from } = this.#place;
    if (typeof from === 'number')
      throw this.fail('takes a list of layers, but is given one', 'write its from as a list');
    return from.map((at) => this.#channelsOf(at));
  }

  #channelsOf(at: number): number {
    const { config, before } = this.#place;
    return at < 0 ? config.ch : (before[at] as Layer).channels;
  }

  /** Channels after the width multiple. Throws ModelError `limit`. */
  scaled(channels: number): number {
    const { config } = this.#place;
    const scaled = makeDivisible(channels * config.width_multiple, config.channel_multiple);
    if (!(scaled >= 1 && scaled <= MAX_CHANNELS))
      throw this.fail(`${scaled} channels`, `between 1 and ${MAX_CHANNELS} are built`, 'limit');
    return scaled;
  }

  /** The finished layer: `copies` of a module, one after the other. Throws ModelError where that is beyond a budget. */
  build(channels: number, args: readonly Value[], make: () => nn.AnyModule, copies = this.repeats): Layer {
    const { spec, from, repeats, spent } = this.#place;
    if (!(channels >= 1 && channels <= MAX_CHANNELS))
      throw this.fail(`gives ${channels} channels`, `between 1 and ${MAX_CHANNELS} are built`, 'limit');
    if (copies > 1 && typeof from !== 'number')
      throw this.fail(`takes several maps and cannot be repeated ${copies} times`, 'write 1 as its number');
    spend(spent, { spec, from, repeats, args, channels }, this.fail);
    const module = copies > 1 ? new nn.Sequential(...Array.from({ length: copies }, make)) : make();
    return { module, spec, from, repeats, args, channels };
  }
}
