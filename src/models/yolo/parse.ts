import { ModelError, type ModelErrorCode } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import { Classify, Concat, Contract, Expand } from './blocks.js';
import {
  type Arg,
  type LayerSpec,
  MAX_CHANNELS,
  MAX_LAYERS,
  MAX_LIST,
  MAX_PARTS,
  MAX_REPEATS,
  type YoloConfig,
} from './config.js';
import { Detect, Segment } from './heads.js';
import { show, wrongArgument } from './kinds.js';
import { layerOf, literal } from './literals.js';
import { withActivation } from './modules.js';
import { makeDivisible, roundHalfEven } from './numbers.js';
import { BLOCKS, type Block } from './signatures.js';
import { type Parameter, torchLayer } from './torch-layers.js';
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

type Fail = (message: string, hint?: string | null, code?: ModelErrorCode) => ModelError;

/** The layers of a description, scaled, in order. Throws ModelError with the layer's index and line. */
export function parseModel(config: YoloConfig): Layer[] {
  if (config.layers.length > MAX_LAYERS)
    throw new ModelError('limit', `${config.name}: ${config.layers.length} layers`, {
      format: 'yolo',
      hint: `a description has at most ${MAX_LAYERS}`,
    });
  const act = config.activation;
  const general: Fail = (message, hint = null, code = 'unsupported') =>
    new ModelError(code, `${config.name}: activation: cannot read ${message}`, { format: 'yolo', hint });
  const activation =
    act === null
      ? (new nn.SiLU() as nn.AnyModule)
      : layerOf(act, new Map(), (m, hint) => general(m, hint ?? 'write nn.ReLU()'));
  return withActivation(activation, () => {
    const layers: Layer[] = [];
    const spent: Spent = { repeats: 0, parts: 0 };
    for (const [i, spec] of config.layers.entries()) layers.push(parseLayer(config, layers, spec, i, spent));
    return layers;
  });
}

/** What the layers before took of the budgets of the whole description. */
interface Spent {
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

/** Errors of one layer: its index, its module and its line. */
export function failureAt(config: YoloConfig, spec: LayerSpec, i: number): Fail {
  const line = spec.line === undefined ? '' : `, line ${spec.line}`;
  return (message, hint = null, code = 'malformed') =>
    new ModelError(code, `${config.name}, layer ${i} (${spec.module}${line}): ${message}`, {
      format: 'yolo',
      at: { module: `model.${i}`, ...(spec.line === undefined ? {} : { field: `line ${spec.line}` }) },
      hint,
    });
}

function parseLayer(config: YoloConfig, before: readonly Layer[], spec: LayerSpec, i: number, spent: Spent): Layer {
  const fail = failureAt(config, spec, i);
  const from = Array.isArray(spec.from)
    ? (spec.from as readonly number[]).map((f) => resolveFrom(f, i, fail))
    : resolveFrom(spec.from as number, i, fail);
  const channelsOf = (at: number): number => (at < 0 ? config.ch : (before[at] as Layer).channels);
  const perMap = typeof config.anchors === 'number' ? config.anchors : Math.floor((config.anchors[0]?.length ?? 0) / 2);
  const boxes = perMap * (config.nc + 5);
  const names = new Map<string, Value>([
    ['nc', config.nc],
    ['anchors', config.anchors],
    ['na', perMap],
    ['no', boxes],
    ['ch', config.ch],
  ]);
  const values = spec.args.map((arg: Arg) =>
    literal(arg, names, (m, hint) =>
      fail(`cannot read ${m}`, hint ?? 'write numbers, None, True, False, nc or anchors', 'unsupported'),
    ),
  );
  // A single repeat stays one at any depth.
  const repeats = spec.repeats > 1 ? Math.max(roundHalfEven(spec.repeats * config.depth_multiple), 1) : spec.repeats;
  if (!(repeats <= MAX_REPEATS)) throw fail(`${repeats} repeats`, `at most ${MAX_REPEATS} are built`, 'limit');
  const name = spec.module.replace(/^torch\.(?=nn\.)/, '');

  const one = (): number => {
    if (typeof from !== 'number') throw fail('takes one layer, but is given a list', 'write its from as one number');
    return channelsOf(from);
  };
  const many = (): number[] => {
    if (typeof from === 'number') throw fail('takes a list of layers, but is given one', 'write its from as a list');
    return from.map(channelsOf);
  };
  const width = (value: number): number => {
    const scaled = makeDivisible(value * config.width_multiple, config.channel_multiple);
    if (!(scaled >= 1 && scaled <= MAX_CHANNELS))
      throw fail(`${scaled} channels`, `between 1 and ${MAX_CHANNELS} are built`, 'limit');
    return scaled;
  };
  const made = (channels: number, args: readonly Value[], make: () => nn.AnyModule, copies = repeats): Layer => {
    if (!(channels >= 1 && channels <= MAX_CHANNELS))
      throw fail(`gives ${channels} channels`, `between 1 and ${MAX_CHANNELS} are built`, 'limit');
    if (copies > 1 && typeof from !== 'number')
      throw fail(`takes several maps and cannot be repeated ${copies} times`, 'write 1 as its number');
    spend(spent, { spec, from, repeats, args, channels }, fail);
    const module = copies > 1 ? new nn.Sequential(...Array.from({ length: copies }, make)) : make();
    return { module, spec, from, repeats, args, channels };
  };

  const block = Object.hasOwn(BLOCKS, name) ? BLOCKS[name] : undefined;
  if (block !== undefined) {
    const [out, ...rest] = values;
    if (out === undefined || wrongArgument('count', out) !== null)
      throw fail(`its first argument is its output channels: ${wrongArgument('count', out ?? null)}`);
    // As many channels as the boxes have values are an output layer's: never scaled.
    const c2 = out === boxes ? boxes : width(out as number);
    const c1 = one();
    const checked = check(block.takes, rest, fail);
    const args = [c1, c2, ...(block.repeats ? [repeats] : []), ...rest];
    const inner = block.repeats ? [repeats, ...checked] : checked;
    return made(c2, args, () => new block.make(c1, c2, ...(inner as never[])), block.repeats ? 1 : repeats);
  }
  switch (name) {
    case 'nn.BatchNorm2d': {
      const c = one();
      return made(c, [c], () => new nn.BatchNorm2d(c));
    }
    case 'Concat': {
      const [axis] = check([['dimension', 'size']], values, fail);
      const c = many().reduce((a, b) => a + b, 0);
      return made(c, values, () => new Concat(axis as number | undefined) as nn.AnyModule);
    }
    case 'Contract':
    case 'Expand': {
      const [gain = 2] = check([['gain', 'count']], values, fail) as [number?];
      const c = one();
      const area = gain ** 2;
      const out = name === 'Contract' ? c * area : Math.floor(c / area);
      return made(out, values, () => (name === 'Contract' ? new Contract(gain) : new Expand(gain)));
    }
    case 'Detect':
    case 'Segment': {
      const ch = many();
      const [nc, anchors, nm, npr] = headArguments(name, values, ch.length, fail);
      const proto = width(npr);
      const args = [nc, anchors, ...(name === 'Segment' ? [nm, proto] : []), ch];
      return made(
        ch[ch.length - 1] ?? 0,
        args,
        () =>
          (name === 'Segment' ? new Segment(nc, anchors, nm, proto, ch) : new Detect(nc, anchors, ch)) as nn.AnyModule,
      );
    }
    case 'Classify': {
      const takes = [
        ['c1', 'count'],
        ['c2', 'count'],
        ['k', 'pair'],
        ['s', 'pair'],
        ['p', 'sizes?'],
        ['g', 'count'],
      ] as const;
      const [c1, c2, ...rest] = check(takes, values, fail) as [number?, number?, ...Value[]];
      if (c1 === undefined || c2 === undefined) throw fail('takes its input channels and its classes');
      return made(one(), values, () => new Classify(c1, c2, ...(rest as never[])) as nn.AnyModule);
    }
    default: {
      if (!name.startsWith('nn.')) throw unknown(fail);
      const c = one();
      return made(c, values, () =>
        torchLayer(name.slice('nn.'.length), values, new Map(), (m, hint) => fail(m, hint, 'unsupported')),
      );
    }
  }
}

function unknown(fail: Fail): ModelError {
  const known = [...Object.keys(BLOCKS), 'Concat', 'Contract', 'Expand', 'Detect', 'Segment', 'Classify'];
  return fail(
    'there is no such module',
    `known: ${known.join(', ')} and the layers of torch.nn as nn.Name`,
    'unsupported',
  );
}

/** The index that a `from` means, −1 for the image. */
function resolveFrom(f: number, i: number, fail: Fail): number {
  const at = f < 0 ? i + f : f;
  if (at === -1 && f === -1) return -1; // the first layer takes the image
  if (at < 0) throw fail(`takes layer ${f}, but only ${i} layers come before it`, 'count back from this layer');
  if (at >= i)
    throw fail(
      `takes layer ${at}, which does not come before it`,
      i === 0 ? 'the first layer takes −1' : `take one of 0 to ${i - 1}`,
    );
  return at;
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

type HeadArguments = [nc: number, anchors: readonly (readonly number[])[], nm: number, npr: number];

/** Classes, anchors (where only their number is given, any that many), masks and prototypes. */
function headArguments(name: string, values: readonly Value[], maps: number, fail: Fail): HeadArguments {
  const [nc, anchors, nm = 32, npr = 256] = values;
  const takes = name === 'Segment' ? ['nc', 'anchors', 'nm', 'npr'] : ['nc', 'anchors'];
  if (values.length > takes.length) throw fail(`more arguments than ${takes.join(', ')}`);
  for (const [label, value] of [
    ['nc', nc],
    ['nm', nm],
    ['npr', npr],
  ] as const) {
    const problem = wrongArgument('count', value ?? null);
    if (problem !== null) throw fail(`${label}: ${problem}`);
  }
  let lists: Value = anchors ?? null;
  if (typeof lists === 'number' && wrongArgument('count', lists) === null && lists <= MAX_LIST) {
    const count = lists;
    lists = Array.from({ length: maps }, () => Array.from({ length: count * 2 }, (_, i) => i));
  }
  const fits = Array.isArray(lists) && lists.every((l) => Array.isArray(l) && l.length >= 2 && l.length % 2 === 0);
  if (!fits) throw fail(`anchors: expected a number, or width and height of each, found ${show(anchors ?? null)}`);
  const rows = lists as unknown as number[][];
  if (rows.some((row) => row.length !== rows[0]?.length || row.some((v) => typeof v !== 'number')))
    throw fail('anchors: every map has as many anchors, all numbers');
  if (rows.length !== maps)
    throw fail(`anchors for ${rows.length} maps, but ${maps} layers`, 'give as many rows of anchors as layers');
  return [nc as number, rows, nm as number, npr as number];
}
