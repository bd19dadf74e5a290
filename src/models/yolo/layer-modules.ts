import type { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { Classify, Concat, Contract, Expand } from './blocks.js';
import { MAX_LIST } from './config.js';
import type { Fail } from './failures.js';
import { Detect, Segment } from './heads.js';
import { show, wrongArgument } from './kinds.js';
import type { Layer, LayerBuilder } from './layer-builder.js';
import { BLOCKS, type Block } from './signatures.js';
import { type Parameter, torchLayer } from './torch-layers.js';
import type { Value } from './values.js';

/** Makes a layer of its arguments. Throws ModelError. */
type Rule = (layer: LayerBuilder, values: readonly Value[]) => Layer;

/** The layer that a line of a description asks for. Throws ModelError for a module that is not known, and for wrong arguments. */
export function layerModule(layer: LayerBuilder, values: readonly Value[]): Layer {
  const { name } = layer;
  if (Object.hasOwn(BLOCKS, name)) return blockLayer(layer, values, BLOCKS[name] as Block);
  if (Object.hasOwn(OTHERS, name)) return (OTHERS[name] as Rule)(layer, values);
  if (name.startsWith('nn.')) return plainLayer(layer, values);
  throw unknown(layer.fail);
}

/** A block of YOLOv5: input and output channels, then its own arguments; some take their repeats as an argument. */
function blockLayer(layer: LayerBuilder, values: readonly Value[], block: Block): Layer {
  const [out, ...rest] = values;
  const { repeats, fail } = layer;
  if (out === undefined || wrongArgument('count', out) !== null)
    throw fail(`its first argument is its output channels: ${wrongArgument('count', out ?? null)}`);
  // As many channels as the boxes have values are an output layer's: never scaled.
  const c2 = out === layer.boxes ? layer.boxes : layer.scaled(out as number);
  const c1 = layer.input();
  const checked = check(block.takes, rest, fail);
  const args = [c1, c2, ...(block.repeats ? [repeats] : []), ...rest];
  const inner = block.repeats ? [repeats, ...checked] : checked;
  return layer.build(c2, args, () => new block.make(c1, c2, ...(inner as never[])), block.repeats ? 1 : repeats);
}

/** A layer of torch.nn that keeps the number of channels. */
function plainLayer(layer: LayerBuilder, values: readonly Value[]): Layer {
  const make = (): nn.AnyModule =>
    torchLayer(layer.name.slice('nn.'.length), values, new Map(), (m, hint) => layer.fail(m, hint, 'unsupported'));
  return layer.build(layer.input(), values, make);
}

const batchNorm: Rule = (layer) => {
  const c = layer.input();
  return layer.build(c, [c], () => new nn.BatchNorm2d(c));
};

const concat: Rule = (layer, values) => {
  const [axis] = check([['dimension', 'size']], values, layer.fail);
  const channels = layer.inputs().reduce((a, b) => a + b, 0);
  return layer.build(channels, values, () => new Concat(axis as number | undefined) as nn.AnyModule);
};

/** Pixels into channels. */
const contract: Rule = (layer, values) => {
  const [gain = 2] = check([['gain', 'count']], values, layer.fail) as [number?];
  return layer.build(layer.input() * gain ** 2, values, () => new Contract(gain));
};

/** Channels into pixels. */
const expand: Rule = (layer, values) => {
  const [gain = 2] = check([['gain', 'count']], values, layer.fail) as [number?];
  return layer.build(Math.floor(layer.input() / gain ** 2), values, () => new Expand(gain));
};

const detect: Rule = (layer, values) => {
  const ch = layer.inputs();
  const { nc, anchors } = headArguments(['nc', 'anchors'], values, ch.length, layer.fail);
  return layer.build(ch.at(-1) ?? 0, [nc, anchors, ch], () => new Detect(nc, anchors, ch) as nn.AnyModule);
};

const segment: Rule = (layer, values) => {
  const ch = layer.inputs();
  const { nc, anchors, nm, npr } = headArguments(['nc', 'anchors', 'nm', 'npr'], values, ch.length, layer.fail);
  const proto = layer.scaled(npr);
  const make = (): nn.AnyModule => new Segment(nc, anchors, nm, proto, ch) as nn.AnyModule;
  return layer.build(ch.at(-1) ?? 0, [nc, anchors, nm, proto, ch], make);
};

const CLASSIFY: Block['takes'] = [
  ['c1', 'count'],
  ['c2', 'count'],
  ['k', 'pair'],
  ['s', 'pair'],
  ['p', 'sizes?'],
  ['g', 'count'],
];

const classify: Rule = (layer, values) => {
  const [c1, c2, ...rest] = check(CLASSIFY, values, layer.fail) as [number?, number?, ...Value[]];
  if (c1 === undefined || c2 === undefined) throw layer.fail('takes its input channels and its classes');
  const make = (): nn.AnyModule => new Classify(c1, c2, ...(rest as never[])) as nn.AnyModule;
  return layer.build(layer.input(), values, make);
};

/** Modules that are neither blocks nor plain layers. */
const OTHERS: Readonly<Record<string, Rule>> = {
  'nn.BatchNorm2d': batchNorm,
  Concat: concat,
  Contract: contract,
  Expand: expand,
  Detect: detect,
  Segment: segment,
  Classify: classify,
};

function unknown(fail: Fail): ModelError {
  const known = [...Object.keys(BLOCKS), ...Object.keys(OTHERS).filter((name) => !name.startsWith('nn.'))];
  return fail(
    'there is no such module',
    `known: ${known.join(', ')} and the layers of torch.nn as nn.Name`,
    'unsupported',
  );
}

/** Arguments as constructors take them. Throws if there are too many or one is of the wrong kind. */
function check(takes: Block['takes'], values: readonly Value[], fail: Fail): Value[] {
  if (values.length > takes.length)
    throw fail(
      `${values.length - takes.length} argument(s) too many`,
      `it takes ${takes.map(([name]) => name).join(', ')}`,
    );
  const missing = takes.slice(values.length).find(([, , required]) => required !== undefined);
  if (missing !== undefined)
    throw fail(`${missing[0]} is missing`, `it takes ${takes.map(([name]) => name).join(', ')}`);
  return values.map((value, i) => {
    const [name, kind] = takes[i] as Parameter;
    const problem = wrongArgument(kind, value);
    if (problem !== null) throw fail(`${name}: ${problem}`);
    return kind === 'flag' ? Boolean(value) : value;
  });
}

interface HeadArguments {
  readonly nc: number;
  readonly anchors: number[][];
  /** Masks of Segment, and channels of its prototypes before the width multiple. */
  readonly nm: number;
  readonly npr: number;
}

/** Classes, anchors (where only their number is given, any that many), masks and prototypes. */
function headArguments(takes: readonly string[], values: readonly Value[], maps: number, fail: Fail): HeadArguments {
  const [nc, anchors, nm = 32, npr = 256] = values;
  if (values.length > takes.length) throw fail(`more arguments than ${takes.join(', ')}`);
  for (const [label, value] of [
    ['nc', nc],
    ['nm', nm],
    ['npr', npr],
  ] as const) {
    const problem = wrongArgument('count', value ?? null);
    if (problem !== null) throw fail(`${label}: ${problem}`);
  }
  return { nc: nc as number, anchors: anchorRows(anchors ?? null, maps, fail), nm: nm as number, npr: npr as number };
}

/** Width and height of each anchor, map by map. Throws ModelError where they do not fit the number of maps. */
function anchorRows(anchors: Value, maps: number, fail: Fail): number[][] {
  let lists = anchors;
  if (typeof lists === 'number' && wrongArgument('count', lists) === null && lists <= MAX_LIST) {
    const count = lists;
    lists = Array.from({ length: maps }, () => Array.from({ length: count * 2 }, (_, i) => i));
  }
  const fits = Array.isArray(lists) && lists.every((l) => Array.isArray(l) && l.length >= 2 && l.length % 2 === 0);
  if (!fits) throw fail(`anchors: expected a number, or width and height of each, found ${show(anchors)}`);
  const rows = lists as unknown as number[][];
  if (rows.some((row) => row.length !== rows[0]?.length || row.some((v) => typeof v !== 'number')))
    throw fail('anchors: every map has as many anchors, all numbers');
  if (rows.length !== maps)
    throw fail(`anchors for ${rows.length} maps, but ${maps} layers`, 'give as many rows of anchors as layers');
  return rows;
}
