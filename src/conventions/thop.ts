import { add, type Dim, floordiv, mul, product, sub, sum } from '../dim/index.js';
import { numel } from '../tensor/index.js';
import type { Ledger, ModuleInfo, Note } from '../trace/index.js';
import {
  each,
  extents,
  input,
  linear,
  located,
  norm,
  output,
  type Rule,
  STEP,
  type Step,
  silentNote,
  softmax,
  zero,
} from './thop-parts.js';
import type { Convention, ConventionOptions, ConventionResult, CustomOps } from './types.js';
import {
  distinctChildren,
  elements,
  numbers,
  parametersOf,
  parametersUsed,
  standInNote,
  unitOfCall,
  unitOfEntry,
} from './units.js';

/** Outputs × (second extent of the input / groups) × kernel, transposed or not, batched or not; the bias is left out. */
const convolution: Rule = (u) =>
  mul(numel(output(u)), floordiv(input(u)[1] ?? 0, u.attrs['groups'] as number), product(extents(u, 'kernel')));

/** (∏ of in/out as a fraction + 1) × outputs, cut off to a whole number. */
const adaptiveAverage: Rule = (u) => {
  const spatialIn = input(u).slice(2);
  const spatialOut = output(u).slice(2);
  const [i, o] = [numbers(spatialIn), numbers(spatialOut)];
  const outputs = numel(output(u));
  if (i === null || o === null || typeof outputs !== 'number')
    return mul(product(output(u).slice(0, 2)), add(product(spatialIn), product(spatialOut)));
  const kernel = i.reduce((all, extent, axis) => all * (extent / (o[axis] as number)), 1);
  const total = Math.trunc((kernel + 1) * outputs);
  return Number.isSafeInteger(total) ? total : BigInt(total);
};

const UPSAMPLE: Readonly<Record<string, number>> = { nearest: 1, linear: 5, bilinear: 11, bicubic: 259 };
const upsample: Rule = (u) => mul(numel(output(u)), UPSAMPLE[String(u.attrs['mode'])] ?? 0);

const cell =
  (step: Step): Rule =>
  (u) =>
    mul(
      step(u.attrs['input_size'] as Dim, u.attrs['hidden_size'] as number, u.attrs['bias'] as boolean),
      input(u)[0] ?? 1,
    );

/** All layers and directions, × the first two extents of the input: an unbatched sequence has its features read as rows. */
const recurrent =
  (step: Step): Rule =>
  (u) => {
    const h = u.attrs['hidden_size'] as number;
    const bias = u.attrs['bias'] as boolean;
    const directions = u.attrs['bidirectional'] ? 2 : 1;
    const first = mul(directions, step(u.attrs['input_size'] as Dim, h, bias));
    const next = mul(directions, step(h * directions, h, bias));
    const layers = u.attrs['num_layers'] as number;
    return mul(add(first, mul(layers - 1, next)), input(u)[0] ?? 1, input(u)[1] ?? 1);
  };

/** By exact class: a subclass has no rule. */
const RULES: Readonly<Record<string, Rule>> = {
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
  ...each((u) => numel(input(u)), 'PReLU'),
  ...each(softmax, 'Softmax'),
  ...each((u) => numel(output(u)), 'AvgPool1d', 'AvgPool2d', 'AvgPool3d'),
  ...each(adaptiveAverage, 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d'),
  ...each(linear, 'Linear'),
  ...each(upsample, 'Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'),
  ...each(cell(STEP.rnn), 'RNNCell'),
  ...each(cell(STEP.gru), 'GRUCell'),
  ...each(cell(STEP.lstm), 'LSTMCell'),
  ...each(recurrent(STEP.rnn), 'RNN'),
  ...each(recurrent(STEP.gru), 'GRU'),
  ...each(recurrent(STEP.lstm), 'LSTM'),
};

const WORDS =
  'Multiply-accumulates of convolutions and linear layers without bias, plus 4 per element of batch and layer norm, 1 per output of average pools, and formulas for softmax, upsampling and RNNs. Functional calls, matrix products and attention count 0. thop calls the sum MACs.';

/** thop of Lyken17: hooks on modules by exact class. */
export const thop: Convention = {
  id: 'thop',
  title: 'thop (Lyken17)',
  version: '0.1.1',
  source: 'thop/profile.py: profile; thop/vision/basic_hooks.py, calc_func.py; thop/rnn_hooks.py',
  words: WORDS,
  run(ledger, options = {}): ConventionResult {
    return ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
  },
};

interface Sum {
  readonly ops: Dim;
  readonly params: Dim;
}

function ruleOf(type: string, custom: CustomOps | undefined): Rule | undefined {
  return custom?.[type] ?? RULES[type];
}

function byModules(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const visits = countVisits(ledger.root.module);
  const layers = new Map<string, { macs: Dim; params: Dim }>();
  const own = new Map<ModuleInfo, Sum>();
  const rule = (m: ModuleInfo): Rule | undefined => ruleOf(m.type, options.customOps);

  // A module that is reached under several parents is hooked once for each: every call then counts that many times.
  const hooked = (m: ModuleInfo): Sum => {
    const known = own.get(m);
    if (known !== undefined) return known;
    const count = rule(m);
    const total =
      count === undefined
        ? 0
        : mul(visits.get(m) ?? 1, sum(m.calls.map((call) => count(located('thop', unitOfCall(call))))));
    const params = count === undefined || m.calls.length === 0 ? 0 : sum(elements(parametersOf(m)));
    const result = { ops: total, params };
    own.set(m, result);
    return result;
  };

  const walk = (m: ModuleInfo, prefix: string): Sum => {
    const parts: Sum[] = [{ ops: hooked(m).ops, params: 0 }]; // a module that is walked brings its operations, never its parameters
    for (const child of distinctChildren(m)) {
      const path = prefix === '' ? child.name : `${prefix}.${child.name}`;
      const stops = rule(child.module) !== undefined && child.module.type !== 'torch.nn.Sequential';
      const part = stops ? hooked(child.module) : walk(child.module, path);
      if (stops || child.module.children.length === 0) layers.set(path, { macs: part.ops, params: part.params });
      parts.push(part);
    }
    return { ops: sum(parts.map((p) => p.ops)), params: sum(parts.map((p) => p.params)) };
  };
  const total = walk(ledger.root.module, '');
  return result(total, layers, [...moduleNotes(ledger, visits, rule), ...paramNotes(ledger, total.params)]);
}

function byOperators(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const layers = new Map<string, { macs: Dim; params: Dim }>();
  const parts: Dim[] = [];
  const used = new Set<import('../trace/index.js').Weight>();
  for (const entry of ledger.entries) {
    const unit = unitOfEntry(entry);
    const rule = unit === null ? undefined : ruleOf(unit.type, options.customOps);
    if (unit === null || rule === undefined) continue;
    const ops = rule(unit);
    parts.push(ops);
    const weights = parametersUsed(entry);
    for (const w of weights) used.add(w);
    layers.set(unit.path, { macs: ops, params: sum(elements(weights)) });
  }
  return result({ ops: sum(parts), params: sum(elements(used)) }, layers, standInNote(ledger, 'thop'));
}

function result(
  total: Sum,
  layers: ReadonlyMap<string, { macs: Dim; params: Dim }>,
  notes: readonly Note[],
): ConventionResult {
  return {
    id: thop.id,
    version: thop.version,
    title: thop.title,
    counts: { macs: total.ops },
    units: { macs: 'mac' },
    params: total.params,
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
  notes.push(...silentNote('thop', visits.keys(), rule));
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
  const all = sum(elements(ledger.weights.filter((w) => w.kind === 'parameter')));
  const missing = sub(all, found);
  if (missing === 0) return [];
  return [
    {
      code: 'params-differ',
      message: `thop counts the parameters of modules that have a rule and ran; the model has ${String(all)}, a difference of ${String(missing)}`,
    },
  ];
}
