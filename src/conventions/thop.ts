import { add, type Dim, equal, floordiv, mul, product, sub, sum } from '../dim/index.js';
import type { Ledger, ModuleInfo, Note, Weight } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { numel } from '../tensor/index.js';
import { countsOf, type Item, itemsOf, ownEntries, totalOf } from './items.js';
import {
  as,
  each,
  extents,
  input,
  layers as layersOfRnn,
  linear,
  located,
  norm,
  output,
  type Rule,
  STEP,
  type Step,
  softmax,
  zero,
} from './thop-parts.js';
import type { Convention, ConventionOptions, ConventionResult, CustomOps, WorkUnit } from './types.js';
import {
  allParameters,
  distinctChildren,
  elements,
  numbers,
  parametersOf,
  parametersUsed,
  standInNote,
  uncountedNote,
  unitOfCall,
  unitOfEntry,
} from './units.js';

/** Outputs × (second extent of the input / groups) × kernel, transposed or not, batched or not; the bias is left out. */
const convolution: Rule = (u) => ({
  [u.attrs['batched'] === false ? 'unbatched' : u.attrs['transposed'] === true ? 'transposed' : 'products']: mul(
    numel(output(u)),
    floordiv(input(u)[1] ?? 0, attrsAs('conv', u).groups ?? 1),
    product(extents(u, 'kernel')),
  ),
});

/** (∏ of in/out as a fraction + 1) × outputs, cut off to a whole number. */
function adaptiveAverage(u: WorkUnit): Dim {
  const spatialIn = input(u).slice(2);
  const spatialOut = output(u).slice(2);
  const [i, o] = [numbers(spatialIn), numbers(spatialOut)];
  const outputs = numel(output(u));
  if (outputs === 0) return 0; // an empty map: in/0 has no value
  if (i === null || o === null || typeof outputs !== 'number')
    return mul(product(output(u).slice(0, 2)), add(product(spatialIn), product(spatialOut)));
  const kernel = i.reduce((all, extent, axis) => all * (extent / (o[axis] ?? 1)), 1);
  const total = Math.trunc((kernel + 1) * outputs);
  return Number.isSafeInteger(total) ? total : BigInt(total);
}

const UPSAMPLE: Readonly<Record<string, number>> = byName({ nearest: 1, linear: 5, bilinear: 11, bicubic: 259 });
const upsample = (u: WorkUnit): Dim => mul(numel(output(u)), UPSAMPLE[String(u.attrs['mode'])] ?? 0);

const cell =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size = 0, bias = true } = attrsAs('lstm_cell', u);
    const one = step(input_size, hidden_size, bias);
    return layersOfRnn(one, one, 0, [input(u)[0] ?? 1]);
  };

/** All layers and directions, × the first two extents of the input: an unbatched sequence has its features read as rows. */
const recurrent =
  (step: Step): Rule =>
  (u) => {
    const { input_size = 0, hidden_size: h = 0, num_layers = 1, bias = true, bidirectional } = attrsAs('lstm', u);
    const directions = bidirectional ? 2 : 1;
    const first = step(input_size, h, bias);
    const next = step(h * directions, h, bias);
    return layersOfRnn(first, next, num_layers - 1, [directions, input(u)[0] ?? 1, input(u)[1] ?? 1]);
  };

/** By exact class: a subclass has no rule. */
const RULES: Readonly<Record<string, Rule>> = byName({
  ...each(convolution, 'Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'),
  ...each(
    norm,
    'BatchNorm1d',
    'BatchNorm2d',
    'BatchNorm3d',
    'SyncBatchNorm',
    'LayerNorm',
    'InstanceNorm1d',
    'InstanceNorm2d',
    'InstanceNorm3d',
  ),
  ...each(
    zero,
    'ReLU',
    'ReLU6',
    'LeakyReLU',
    'MaxPool1d',
    'MaxPool2d',
    'MaxPool3d',
    'AdaptiveMaxPool1d',
    'AdaptiveMaxPool2d',
    'AdaptiveMaxPool3d',
  ),
  ...each(zero, 'ZeroPad2d', 'Dropout', 'PixelShuffle', 'Sequential'),
  ...each(
    as('activation', (u) => numel(input(u))),
    'PReLU',
  ),
  ...each(softmax, 'Softmax'),
  ...each(
    as('pooling', (u) => numel(output(u))),
    'AvgPool1d',
    'AvgPool2d',
    'AvgPool3d',
  ),
  ...each(as('pooling', adaptiveAverage), 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d'),
  ...each(linear, 'Linear'),
  ...each(as('resize', upsample), 'Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'),
  ...each(cell(STEP.rnn), 'RNNCell'),
  ...each(cell(STEP.gru), 'GRUCell'),
  ...each(cell(STEP.lstm), 'LSTMCell'),
  ...each(recurrent(STEP.rnn), 'RNN'),
  ...each(recurrent(STEP.gru), 'GRU'),
  ...each(recurrent(STEP.lstm), 'LSTM'),
});

const WORDS =
  'Multiply-accumulates of convolutions and linear layers without bias, plus 4 per element of batch and layer norm, 1 per output of average pools, and formulas for softmax, upsampling and RNNs. Functional calls, matrix products and attention count 0. thop calls the sum MACs.';

/** thop of Lyken17: hooks on modules by exact class. */
export const thop: Convention = {
  id: 'thop',
  takesCustomOps: true,
  title: 'thop (Lyken17)',
  version: '0.1.1',
  source: 'thop/profile.py: profile; thop/vision/basic_hooks.py, calc_func.py; thop/rnn_hooks.py',
  description: WORDS,
  run(ledger, options = {}): ConventionResult {
    return ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
  },
};

/** A rule of one's own before the tool's. */
function ruleOf(type: string, custom: CustomOps | undefined): Rule | undefined {
  const own = custom?.[type];
  return own === undefined ? RULES[type] : as('custom', own);
}

interface Layer {
  readonly macs: Dim;
  readonly params: Dim;
}

function byModules(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const visits = countVisits(ledger.root.module);
  const layers = new Map<string, Layer>();
  const walked = new Map<ModuleInfo, number>();
  const rule = (m: ModuleInfo): Rule | undefined => ruleOf(m.type, options.customOps);
  const own = new Map<ModuleInfo, { items: readonly Item[]; params: Dim }>();
  const hooked = (m: ModuleInfo): { items: readonly Item[]; params: Dim } => {
    const known = own.get(m) ?? hook(m, rule(m));
    own.set(m, known);
    return known;
  };

  /** The parameters that it comes by; a module that is walked brings its operations, never its parameters. */
  const walk = (m: ModuleInfo, prefix: string): Dim => {
    walked.set(m, (walked.get(m) ?? 0) + 1);
    const params: Dim[] = [];
    for (const child of distinctChildren(m)) {
      const path = prefix === '' ? child.name : `${prefix}.${child.name}`;
      const stops = rule(child.module) !== undefined && child.module.type !== 'torch.nn.Sequential';
      const found = stops ? hooked(child.module).params : walk(child.module, path);
      if (stops) walked.set(child.module, (walked.get(child.module) ?? 0) + 1);
      const macs = mul(visits.get(child.module) ?? 1, amount(hooked(child.module).items));
      if (stops || child.module.children.length === 0) layers.set(path, { macs, params: found });
      params.push(found);
    }
    return sum(params);
  };
  const params = walk(ledger.root.module, '');

  // A module that is reached under several parents is hooked once for each, so that every call counts as often, and its
  // sum is added under each parent.
  const items = [...walked].flatMap(([m, times]) => {
    const once = hooked(m).items;
    const again = mul((visits.get(m) ?? 1) * times - 1, amount(once));
    return equal(again, 0) ? once : [...once, ...itemsOf('macs', { 'shared-again': again }, [], m.path)];
  });
  return result(items, params, layers, [...moduleNotes(ledger, visits, rule), ...paramNotes(ledger, params)]);
}

/** What the hook on a module finds, each call once. */
function hook(m: ModuleInfo, rule: Rule | undefined): { items: readonly Item[]; params: Dim } {
  if (rule === undefined) return { items: [], params: 0 };
  const items = m.calls.flatMap((call) =>
    itemsOf('macs', rule(located('thop', unitOfCall(call))), ownEntries(call), m.path),
  );
  return { items, params: m.calls.length === 0 ? 0 : sum(elements(parametersOf(m))) };
}

function amount(items: readonly Item[]): Dim {
  return sum(items.map((i) => i.amount));
}

function byOperators(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const layers = new Map<string, Layer>();
  const items: Item[] = [];
  const used = new Set<Weight>();
  for (const entry of ledger.entries) {
    const unit = unitOfEntry(entry);
    const rule = unit === null ? undefined : ruleOf(unit.type, options.customOps);
    if (unit === null || rule === undefined) continue;
    const parts = rule(unit);
    items.push(...itemsOf('macs', parts, [entry], unit.path));
    const weights = parametersUsed(entry);
    for (const w of weights) used.add(w);
    layers.set(unit.path, { macs: totalOf(parts), params: sum(elements(weights)) });
  }
  return result(items, sum(elements(used)), layers, standInNote(ledger, 'thop'));
}

function result(
  items: readonly Item[],
  params: Dim,
  layers: ReadonlyMap<string, Readonly<Record<keyof Layer, Dim>>>,
  notes: readonly Note[],
): ConventionResult {
  return {
    id: thop.id,
    version: thop.version,
    title: thop.title,
    counts: countsOf(items, 'macs'),
    units: { macs: 'mac' },
    items,
    params,
    notes,
    layers,
  };
}

/** How often a walk over children, deduplicated only within one parent, comes to each module. */
function countVisits(root: ModuleInfo): Map<ModuleInfo, number> {
  const visits = new Map<ModuleInfo, number>();
  const visit = (m: ModuleInfo): void => {
    visits.set(m, (visits.get(m) ?? 0) + 1);
    for (const child of distinctChildren(m)) visit(child.module);
  };
  visit(root);
  return visits;
}

function moduleNotes(
  ledger: Ledger,
  visits: ReadonlyMap<ModuleInfo, number>,
  rule: (m: ModuleInfo) => Rule | undefined,
): Note[] {
  const notes: Note[] = [];
  notes.push(...uncountedNote('thop', visits.keys(), (m) => rule(m) !== undefined));
  const shared = [...visits].filter(([m, n]) => n > 1 && m.calls.length > 0 && rule(m) !== undefined);
  if (shared.length > 0)
    notes.push({
      code: 'shared-module',
      message: `modules under several parents are hooked once for each and summed under each: ${shared.map(([m, n]) => `${m.path} ×${n * n}`).join(', ')}`,
    });
  if (rule(ledger.root.module) !== undefined && ledger.root.module.children.length === 0)
    notes.push({ code: 'leaf-root', message: 'the model is a single layer: thop reports its parameters as 0' });
  return notes;
}

function paramNotes(ledger: Ledger, found: Dim): Note[] {
  const all = allParameters(ledger);
  const missing = sub(all, found);
  if (missing === 0) return [];
  return [
    {
      code: 'params-differ',
      message: `thop counts the parameters of modules that have a rule and ran; the model has ${String(all)}, a difference of ${String(missing)}`,
    },
  ];
}
