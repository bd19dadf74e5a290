import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';
import type { Arg } from './types.js';

function affine(c: Call) {
  return { weight: c.optionalType('weight'), bias: c.optionalType('bias') };
}
const NORMED = ['weight', 'bias', 'running_mean', 'running_var'];
function inputs(c: Call) {
  return [c.value('input'), ...NORMED.map((name) => c.optional(name))];
}

/** With running statistics, at inference, a scale and a shift; otherwise the statistics of the batch. */
const batchNorm =
  (training: (c: Call) => boolean): Rule =>
  (c) =>
    c.make(
      ops.batchNorm(c.type('input'), affine(c), { batchStatistics: training(c) || !c.has('running_mean') }),
      inputs(c),
    );

/** The decomposed forms also give the statistics that training saves. */
const nativeBatchNorm =
  (training: (c: Call) => boolean): Rule =>
  (c) => {
    const x = c.type('input');
    const effect = ops.batchNorm(x, affine(c), { batchStatistics: training(c) || !c.has('running_mean') });
    const saved: TensorType = { dtype: 'float32', shape: training(c) ? [x.shape[1] ?? 0] : [0] };
    return c.make({ ...effect, outputs: [...effect.outputs, saved, saved] }, inputs(c));
  };
const flag = (c: Call): boolean => c.bool('training');
const never = (): boolean => false;
const always = (): boolean => true;

const layerNorm: Rule = (c) =>
  c.make(ops.layerNorm(c.type('input'), c.dims('normalized_shape'), affine(c)), [
    c.value('input'),
    c.optional('weight'),
    c.optional('bias'),
  ]);

const nativeLayerNorm: Rule = (c) => {
  const x = c.type('input');
  const normalized = c.dims('normalized_shape');
  const effect = ops.layerNorm(x, normalized, affine(c));
  const lead = x.shape.slice(0, x.shape.length - normalized.length);
  const saved: TensorType = { dtype: 'float32', shape: [...lead, ...normalized.map(() => 1)] };
  return c.make({ ...effect, outputs: [...effect.outputs, saved, saved] }, [
    c.value('input'),
    c.optional('weight'),
    c.optional('bias'),
  ]);
};

const groupNorm: Rule = (c) =>
  c.make(ops.groupNorm(c.type('input'), c.dim('num_groups'), affine(c)), [
    c.value('input'),
    c.optional('weight'),
    c.optional('bias'),
  ]);

const nativeGroupNorm: Rule = (c) => {
  const x = c.type('input');
  const effect = ops.groupNorm(x, c.dim('group'), affine(c));
  const saved: TensorType = { dtype: x.dtype, shape: [x.shape[0] ?? 1, c.dim('group')] };
  return c.make({ ...effect, outputs: [...effect.outputs, saved, saved] }, [
    c.value('input'),
    c.optional('weight'),
    c.optional('bias'),
  ]);
};

/** N×C×spatial, or C×spatial where the running statistics or the weight say that C comes first. */
const instanceNorm: Rule = (c) => {
  const x = c.type('input');
  const channels = c.optionalType('weight')?.shape[0] ?? c.optionalType('running_mean')?.shape[0];
  const unbatched =
    x.shape.length === 3 && channels !== undefined && x.shape[1] !== channels && x.shape[0] === channels;
  const spatialAxes = x.shape.length - (unbatched ? 1 : 2);
  const running = !c.bool('use_input_stats') && c.has('running_mean');
  return c.make(ops.instanceNorm(x, affine(c), { spatialAxes, runningStatistics: running }), inputs(c));
};

const rmsNorm =
  (fused: boolean): Rule =>
  (c) => {
    const x = c.type('input');
    const effect = ops.rmsNorm(x, c.dims('normalized_shape'), c.optionalType('weight'));
    const lead = x.shape.slice(0, x.shape.length - c.dims('normalized_shape').length);
    const saved: TensorType = { dtype: x.dtype, shape: [...lead, ...c.dims('normalized_shape').map(() => 1)] };
    return c.make(fused ? { ...effect, outputs: [...effect.outputs, saved] } : effect, [
      c.value('input'),
      c.optional('weight'),
    ]);
  };

const weightNorm =
  (withNorm: boolean): Rule =>
  (c) =>
    c.make(ops.weightNorm(c.type('v'), c.type('g'), c.int('dim'), withNorm), [c.value('v'), c.value('g')]);

const renorm: Rule = (c) => c.make(ops.renorm(c.type('self'), c.int('dim')), [c.value('self')]);

const BATCH = 'input weight bias running_mean running_var training momentum eps cudnn_enabled=True';

export const norms: Table = byName({
  batch_norm: entry(BATCH, batchNorm(flag)),
  cudnn_batch_norm: entry(
    'input weight bias running_mean running_var training exponential_average_factor epsilon',
    nativeBatchNorm(flag),
  ),
  native_batch_norm: entry('input weight bias running_mean running_var training momentum eps', nativeBatchNorm(flag)),
  _native_batch_norm_legit: entry(
    ['input weight bias running_mean:T running_var:T training momentum eps', 'input weight bias training momentum eps'],
    nativeBatchNorm((c) => flag(c)),
  ),
  _native_batch_norm_legit_no_training: entry(
    'input weight bias running_mean running_var momentum eps',
    nativeBatchNorm(never),
  ),
  _native_batch_norm_legit_functional: entry(
    'input weight bias running_mean running_var training momentum eps',
    nativeBatchNorm(flag),
  ),
  batch_norm_with_update: entry('input weight bias running_mean running_var momentum eps', nativeBatchNorm(always)),
  layer_norm: entry('input normalized_shape weight=None bias=None eps=1e-5 cudnn_enable=True', layerNorm),
  native_layer_norm: entry('input normalized_shape weight bias eps', nativeLayerNorm),
  group_norm: entry('input num_groups weight=None bias=None eps=1e-5 cudnn_enabled=True', groupNorm),
  native_group_norm: entry('input weight bias N C HxW group eps', nativeGroupNorm),
  instance_norm: entry(
    'input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled=True',
    instanceNorm,
  ),
  rms_norm: entry('input normalized_shape weight=None eps=None', rmsNorm(false)),
  _fused_rms_norm: entry('input normalized_shape weight=None eps=None', rmsNorm(true)),
  _weight_norm: entry('v g dim=0', weightNorm(false)),
  _weight_norm_interface: entry('v g dim=0', weightNorm(true)),
  renorm: entry('self p dim maxnorm', renorm),
  embedding_renorm: entry('self indices max_norm norm_type', (c): readonly Arg[] =>
    c.make(ops.identity(c.type('self'), 'alias'), [c.value('self')]),
  ),
});
