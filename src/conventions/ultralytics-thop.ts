import { add, type Dim, mul, product, sum } from '../dim/index.js';
import type { Ledger, ModuleCall, ModuleInfo, Note } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { numel } from '../tensor/index.js';
import { attentionSizes } from './attention-parts.js';
import { countsOf, type Item, itemsOf, ownEntries, totalOf } from './items.js';
import {
  as,
  each,
  extents,
  type HookUnit,
  input,
  layers as layersOfRnn,
  linear,
  located,
  norm,
  output,
  type Rule,
  rowsOf,
  STEP,
  type Step,
  softmax,
  softmaxRow,
  softmaxRows,
  zero,
} from './thop-parts.js';
import type { Convention, ConventionOptions, ConventionResult, CustomOps, WorkUnit } from './types.js';
import {
  allParameters,
  elements,
  modulesOf,
  parametersUsed,
  standInNote,
  uncountedNote,
  unitOfCall,
  unitOfEntry,
} from './units.js';
import { adaptiveWindows, poolWindows } from './windows.js';

const last = (shape: readonly Dim[] | undefined): Dim => shape?.[shape.length - 1] ?? 1;

/** Outputs × input channels / groups × kernel; transposed, inputs × output channels / groups × kernel. No bias. */
const convolution =
  (transposed: boolean): Rule =>
  (u) => {
    const kernel = u.attrs['kernel'] === undefined ? extents(u, 'kernel_size') : extents(u, 'kernel');
    const [walked, other] = transposed ? [input(u), output(u)] : [output(u), input(u)];
    const channels = other[other.length - 1 - kernel.length] ?? 1;
    return { products: mul(numel(walked), groupsOf(channels, attrsAs('conv', u).groups ?? 1), product(kernel)) };
  };

function groupsOf(channels: Dim, groups: number): Dim {
  return groups === 1 ? channels : rowsOf([channels], groups);
}

/** The axis that a softmax runs along; that of one without is PyTorch's own choice. */
function softmaxExtent(u: WorkUnit): Dim {
  const shape = input(u);
  if (shape.length === 0) return 1;
  const { extent, dim } = u.attrs;
  if (extent !== undefined) return extent as Dim;
  const axis = (dim as number | null | undefined) ?? (shape.length === 1 || shape.length === 3 ? 0 : 1);
  return shape.at(axis) ?? 1;
}
const softmin: Rule = (u) => {
  const n = softmaxExtent(u);
  return { softmax: add(mul(rowsOf(input(u), n), softmaxRow(n)), numel(input(u))) };
};
const logSoftmax: Rule = as('softmax', (u) => add(softmaxRows(u), rowsOf(input(u), softmaxExtent(u))));

/** An add for each element of each window, and a division for each output. */
const average = (u: WorkUnit): Dim => {
  const { kernel = [], stride = [], padding = [], count_include_pad } = attrsAs('avg_pool', u);
  const lead = input(u).slice(0, -kernel.length);
  const windows = kernel.map((k, axis) =>
    poolWindows({
      input: input(u)[lead.length + axis] ?? 1,
      output: output(u)[lead.length + axis] ?? 1,
      kernel: k,
      stride: stride[axis] ?? 1,
      padding: padding[axis] as readonly [Dim, Dim],
      countPadding: count_include_pad === true,
    }),
  );
  return add(mul(product(lead), product(windows)), numel(output(u)));
};
const adaptiveAverage = (u: WorkUnit): Dim =>
  add(product(output(u).map((o, axis) => adaptiveWindows(input(u)[axis] ?? 1, o))), numel(output(u)));

const UPSAMPLE: Readonly<Record<string, number>> = byName({ linear: 5, bilinear: 11, trilinear: 31, bicubic: 259 });
const upsample = (u: WorkUnit): Dim => mul(numel(output(u)), UPSAMPLE[String(u.attrs['mode'])] ?? 0);

const bilinear: Rule = as('products', (u) => mul(add(last(u.inputs[0]), 1), last(u.inputs[1]), numel(output(u))));

const cell =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size = 0, bias = true } = attrsAs('lstm_cell', u);
    const one = step(input_size, hidden_size, bias);
    return layersOfRnn(one, one, 0, [input(u).length === 2 ? (input(u)[0] ?? 1) : 1]);
  };

/** All layers and directions, × rows and steps: of an unbatched sequence, steps. */
const recurrent =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size: h = 0, num_layers = 1, bias = true, ...rest } = attrsAs('lstm', u);
    const projection = rest.proj_size ?? 0;
    const directions = rest.bidirectional ? 2 : 1;
    const first = step(input_size, h, bias, projection);
    const next = step((projection || h) * directions, h, bias, projection);
    return layersOfRnn(first, next, num_layers - 1, [directions, ...input(u).slice(0, -1)]);
  };

/** Per row of the batch: four projections, the two products of attention, and its softmax. */
const attention: Rule = (u) => {
  if (!u.attention) return {};
  // Keys that the layer itself appends are attended to, but not projected.
  const { batch, heads, length, given, attended, widths } = u.attention;
  const [embed, key, value] = widths;
  const projections = mul(embed, add(mul(2, length, embed), mul(given, add(key, value))));
  return {
    attention: mul(batch, add(projections, mul(2, length, attended, embed))),
    softmax: mul(batch, heads, length, softmaxRow(attended)),
  };
};

/** By class, and by the classes that a class derives from. */
const RULES: Readonly<Record<string, Rule>> = byName({
  ...each(convolution(false), 'Conv1d', 'Conv2d', 'Conv3d'),
  ...each(convolution(true), 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'),
  ...each(norm, 'BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'SyncBatchNorm'),
  ...each(norm, 'InstanceNorm1d', 'InstanceNorm2d', 'InstanceNorm3d', 'LayerNorm', 'GroupNorm', 'RMSNorm'),
  ...each(
    as('activation', (u) => numel(input(u))),
    'PReLU',
  ),
  ...each(softmax, 'Softmax', 'Softmax2d'),
  ...each(logSoftmax, 'LogSoftmax'),
  ...each(softmin, 'Softmin'),
  ...each(as('pooling', average), 'AvgPool1d', 'AvgPool2d', 'AvgPool3d'),
  ...each(as('pooling', adaptiveAverage), 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d'),
  ...each(linear, 'Linear'),
  ...each(bilinear, 'Bilinear'),
  ...each(as('resize', upsample), 'Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'),
  ...each(cell(STEP.rnn), 'RNNCell'),
  ...each(cell(STEP.gru), 'GRUCell'),
  ...each(cell(STEP.lstm), 'LSTMCell'),
  ...each(recurrent(STEP.rnn), 'RNN'),
  ...each(recurrent(STEP.gru), 'GRU'),
  ...each(recurrent(STEP.lstm), 'LSTM'),
  ...each(attention, 'MultiheadAttention'),
  ...each(zero, 'ReLU', 'ReLU6', 'LeakyReLU', 'Embedding', 'Identity', 'Flatten', 'Unflatten', 'Unfold'),
  ...each(zero, 'PixelShuffle', 'PixelUnshuffle', 'ChannelShuffle', 'Sequential', 'ModuleList', 'ModuleDict'),
  ...each(zero, 'Dropout', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'AlphaDropout', 'FeatureAlphaDropout'),
  ...each(zero, 'MaxPool1d', 'MaxPool2d', 'MaxPool3d', 'FractionalMaxPool2d', 'FractionalMaxPool3d'),
  ...each(zero, 'AdaptiveMaxPool1d', 'AdaptiveMaxPool2d', 'AdaptiveMaxPool3d'),
  ...each(zero, 'MaxUnpool1d', 'MaxUnpool2d', 'MaxUnpool3d'),
  ...Object.fromEntries(
    ['Constant', 'Zero', 'Reflection', 'Replication', 'Circular'].flatMap((kind) =>
      Object.entries(each(zero, `${kind}Pad1d`, `${kind}Pad2d`, `${kind}Pad3d`)),
    ),
  ),
});

const WORDS =
  'Multiply-accumulates of convolutions, linear layers and multi-head attention without bias, plus 4 per element of norms with a scale (2 without), the adds and divisions of average pools, and formulas for softmax, upsampling and RNNs. Functional calls and other activations count 0. The tool calls the sum MACs.';

/** thop of Ultralytics: hooks on modules by class and base classes. */
export const ultralyticsThop: Convention = {
  id: 'ultralytics-thop',
  takesCustomOps: true,
  title: 'thop (Ultralytics)',
  version: '2.1.6',
  source: 'thop/profile.py: profile, register_hooks; thop/vision/basic_hooks.py, calc_func.py; thop/rnn_hooks.py',
  description: WORDS,
  run(ledger, options = {}): ConventionResult {
    return ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
  },
};

/** The rule of the nearest class that has one, one's own before the tool's at each. */
function ruleOf(classes: readonly string[], custom: CustomOps | undefined): Rule | undefined {
  for (const name of classes) {
    const own = custom?.[name];
    if (own !== undefined) return as('custom', own);
    if (Object.hasOwn(RULES, name)) return RULES[name];
  }
  return undefined;
}

function byModules(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const layers = new Map<string, { macs: Dim; params: Dim }>();
  const items: Item[] = [];
  const modules = modulesOf(ledger);
  const rule = (m: ModuleInfo): Rule | undefined => ruleOf(m.classHierarchy, options.customOps);
  // Each module once, with all of its calls, however many parents it has.
  for (const m of modules) {
    const count = rule(m);
    if (count === undefined || count === zero) continue;
    const found = m.calls.flatMap((call) =>
      itemsOf('macs', count(located('ultralytics-thop', unitOf(call))), ownEntries(call), m.path),
    );
    const own = m.weights.filter((w) => w.weight.kind === 'parameter').map((w) => w.weight);
    layers.set(m.path, { macs: sum(found.map((i) => i.amount)), params: sum(elements(new Set(own))) });
    items.push(...found);
  }
  return result(
    ledger,
    items,
    layers,
    uncountedNote('ultralytics-thop', modules, (m) => rule(m) !== undefined),
  );
}

/**
 * A call as a hook sees it: the module's own fields beside the arguments of its operators, the one that it is named after
 * before the others (softmin negates, then takes a softmax).
 */
function unitOf(call: ModuleCall): HookUnit {
  const unit = unitOfCall(call);
  const others = Object.assign({}, ...ownEntries(call).map((entry) => entry.attrs));
  const attention = unit.type.endsWith('MultiheadAttention') ? { attention: attentionSizes(call) } : {};
  return { ...unit, attrs: { ...call.module.attrs, ...others, ...unit.attrs }, ...attention };
}

function byOperators(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const layers = new Map<string, { macs: Dim; params: Dim }>();
  const items: Item[] = [];
  for (const entry of ledger.entries) {
    const unit = unitOfEntry(entry);
    const rule = unit === null ? undefined : ruleOf([unit.type], options.customOps);
    if (unit === null || rule === undefined) continue;
    const parts = rule(unit);
    items.push(...itemsOf('macs', parts, [entry], unit.path));
    layers.set(unit.path, { macs: totalOf(parts), params: sum(elements(new Set(parametersUsed(entry)))) });
  }
  return result(ledger, items, layers, standInNote(ledger, 'ultralytics-thop'));
}

function result(
  ledger: Ledger,
  items: readonly Item[],
  layers: ReadonlyMap<string, { macs: Dim; params: Dim }>,
  notes: readonly Note[],
): ConventionResult {
  return {
    id: ultralyticsThop.id,
    version: ultralyticsThop.version,
    title: ultralyticsThop.title,
    counts: countsOf(items, 'macs'),
    units: { macs: 'mac' },
    items,
    params: allParameters(ledger),
    notes,
    layers,
  };
}
