import { describe, expect, test } from 'vitest';
import { ledgerOfWeights, type StoredTensor } from '../../src/formats/weights-only/ledger.js';
import { totalsOf } from '../../src/ledger/index.js';
import type { DType } from '../../src/tensor/index.js';

/** Names, types and extents as each quantiser writes them; the right number is that of the model before it was quantised. */

type Tensors = Readonly<Record<string, readonly [DType, readonly number[], (readonly number[])?]>>;
function ledgerOf(tensors: Tensors, hints = { bits: null as number | null, groupSize: null as number | null }) {
  const list = Object.entries(tensors).map(
    ([name, [dtype, shape, integers]]): StoredTensor => ({
      name,
      dtype,
      shape,
      ...(integers === undefined ? {} : { integers: () => integers }),
    }),
  );
  return ledgerOfWeights({
    format: 'safetensors',
    name: 'm',
    producer: null,
    file: { bytes: 0, bytesRead: 0 },
    tensors: list,
    hints: () => hints,
  });
}
const totals = (tensors: Tensors, hints?: Parameters<typeof ledgerOf>[1]) => totalsOf(ledgerOf(tensors, hints));

/** A linear layer of 256 inputs and 512 outputs. */
const LINEAR = 256 * 512;

const LAYOUTS: readonly (readonly [string, Tensors, number])[] = [
  [
    'GPTQ, 3 bits, by group',
    {
      'l.qweight': ['int32', [24, 512]],
      'l.qzeros': ['int32', [2, 48]],
      'l.scales': ['float16', [2, 512]],
      'l.g_idx': ['int32', [256]],
    },
    3,
  ],
  [
    'GPTQ without zeros',
    { 'l.qweight': ['int32', [64, 512]], 'l.scales': ['float16', [2, 512]], 'l.g_idx': ['int32', [256]] },
    8,
  ],
  ['GPTQ for Marlin', { 'l.qweight': ['int32', [16, 1024]], 'l.scales': ['float16', [2, 512]] }, 4],
  [
    'AWQ by columns',
    { 'l.qweight': ['int32', [256, 64]], 'l.qzeros': ['int32', [2, 64]], 'l.scales': ['float16', [2, 512]] },
    4,
  ],
  [
    'AWQ by rows',
    { 'l.qweight': ['int32', [512, 32]], 'l.qzeros': ['int32', [512, 1]], 'l.scales': ['float16', [512, 8]] },
    4,
  ],
  [
    'AWQ, interleaved',
    { 'l.qweight': ['int16', [128, 256]], 'l.qzeros': ['float16', [8, 512]], 'l.scales': ['float16', [8, 512]] },
    4,
  ],
  [
    'bitsandbytes nf4, stored as bfloat16',
    {
      'l.weight.absmax': ['uint8', [2048]],
      'l.weight': ['bfloat16', [LINEAR / 4, 1]],
      'l.weight.quant_map': ['float32', [16]],
      'l.weight.nested_absmax': ['float32', [8]],
      'l.weight.nested_quant_map': ['float32', [256]],
      'l.weight.quant_state.bitsandbytes__nf4': ['uint8', [100]],
    },
    4,
  ],
  [
    'bitsandbytes int8',
    { 'l.weight': ['int8', [512, 256]], 'l.SCB': ['float32', [512]], 'l.weight_format': ['uint8', []] },
    8,
  ],
  [
    'compressed-tensors, packed',
    {
      'l.weight_packed': ['int32', [512, 32]],
      'l.weight_scale': ['bfloat16', [512, 2]],
      'l.weight_shape': ['int64', [2], [512, 256]],
    },
    4,
  ],
  [
    'compressed-tensors, 8 bits in words',
    {
      'l.weight_packed': ['int32', [512, 64]],
      'l.weight_scale': ['bfloat16', [512, 2]],
      'l.weight_shape': ['int64', [2], [512, 256]],
    },
    8,
  ],
  [
    'NVFP4',
    {
      'l.weight_packed': ['uint8', [512, 128]],
      'l.weight_scale': ['float8e4m3fn', [512, 16]],
      'l.weight_global_scale': ['float32', [1]],
      'l.input_global_scale': ['float32', [1]],
    },
    4,
  ],
  [
    'NVFP4 of ModelOpt',
    {
      'l.weight': ['uint8', [512, 128]],
      'l.weight_scale': ['float8e4m3fn', [512, 16]],
      'l.weight_scale_2': ['float32', []],
      'l.input_scale': ['float32', []],
    },
    4,
  ],
  ['fp8 by blocks', { 'l.weight': ['float8e4m3fn', [512, 256]], 'l.weight_scale_inv': ['float32', [4, 2]] }, 8],
  [
    'fp8 by row',
    {
      'l.weight': ['float8e4m3fn', [512, 256]],
      'l.weight_scale': ['float32', [512, 1]],
      'l.input_scale': ['float32', [1]],
    },
    8,
  ],
  [
    'MXFP4 of experts',
    { 'e.gate_up_proj_blocks': ['uint8', [4, 128, 8, 16]], 'e.gate_up_proj_scales': ['uint8', [4, 128, 8]] },
    4,
  ],
  [
    'MLX',
    { 'l.weight': ['uint32', [512, 32]], 'l.scales': ['float16', [512, 4]], 'l.biases': ['float16', [512, 4]] },
    4,
  ],
  ['HQQ', { 'l.W_q': ['uint8', [64, 1024]], 'l.scale': ['float16', [1, 2048]], 'l.zero': ['float16', [1, 2048]] }, 4],
  [
    'quanto int4',
    {
      'l.weight._data': ['uint8', [256, 256]],
      'l.weight._scale': ['float16', [2048, 1]],
      'l.weight._shift': ['float16', [2048, 1]],
    },
    4,
  ],
  ['torchao int4', { 'l._weight_qdata': ['uint8', [512, 128]], 'l._weight_scale': ['bfloat16', [2, 512]] }, 4],
  [
    'EXL2',
    {
      'l.q_weight': ['int32', [36, 512]],
      'l.q_scale': ['int32', [2, 64]],
      'l.q_invperm': ['int16', [256]],
      'l.q_groups': ['int16', [4]],
    },
    4.5,
  ],
  [
    'AQLM',
    {
      'l.codes': ['int16', [512, 32, 1]],
      'l.codebooks': ['float16', [1, 65536, 1, 8]],
      'l.scales': ['float16', [512, 1, 1, 1]],
    },
    2,
  ],
  ['BitNet', { 'l.weight': ['uint8', [128, 256]], 'l.weight_scale': ['bfloat16', [1]] }, 2],
];

describe('quantised weights are the parameters of the model', () => {
  test.each(LAYOUTS)('%s', (_, tensors, bits) => {
    const ledger = ledgerOf({ ...tensors, 'norm.weight': ['float16', [256]], 'l.bias': ['float16', [512]] });
    const found = totalsOf(ledger);
    expect(found.params).toBe(LINEAR + 256 + 512);
    const weight = ledger.weights.find((w) => w.kind === 'parameter' && !/norm|bias/.test(w.name));
    // The stored words are the bytes of the weight, whatever they are split into.
    const parameters = ledger.weights.filter((w) => w.kind === 'parameter');
    expect(parameters).toHaveLength(3);
    const scales = totals(tensors);
    expect(Number(scales.weightBytes)).toBeGreaterThanOrEqual((LINEAR * bits) / 8);
    expect(weight?.shape.reduce<number>((a, b) => a * Number(b), 1)).toBe(LINEAR);
    expect(ledger.notes.map((n) => n.code)).toContain('quantised-weights');
    expect(ledger.notes.map((n) => n.code)).toContain('scales-apart');
  });

  test('3 bits, ten to a word: the stored bytes stand, and the extents beside them decide', () => {
    const { params, weightBytes } = totals({
      'l.weight_packed': ['int32', [8, 5]],
      'l.weight_scale': ['float16', [8, 1]],
      'l.weight_shape': ['int64', [2], [8, 48]],
    });
    expect(params).toBe(8 * 48);
    expect(weightBytes).toBe(8 * 5 * 4 + 8 * 2 + 2 * 8);
  });

  test('where extents do not tell the width, the configuration beside the file does', () => {
    const mlx: Tensors = { 'l.weight': ['uint32', [512, 64]], 'l.scales': ['float16', [512, 8]] };
    expect(totals(mlx, { bits: 8, groupSize: 32 }).params).toBe(LINEAR);
    expect(totals(mlx, { bits: 4, groupSize: 64 }).params).toBe(2 * LINEAR);
  });

  test('weights of 8 bits without scales, and ordinary scales, are what they seem', () => {
    expect(totals({ 'l.weight': ['int8', [4, 4]] }).params).toBe(16);
    // `scale` and `scales` of a float layer are learned
    expect(
      totals({ 'n.weight': ['float32', [4]], 'n.scale': ['float32', [4]], 'n.scales': ['float32', [2]] }).params,
    ).toBe(10);
  });
});

describe('what stands beside the model', () => {
  test('masks of pruning and vectors of spectral norm are buffers', () => {
    const found = totals({
      'a.weight_orig': ['float32', [8, 27]],
      'a.weight_mask': ['float32', [8, 27]],
      'b.weight_orig': ['float32', [7, 5]],
      'b.weight_u': ['float32', [7]],
      'b.weight_v': ['float32', [5]],
      'c.parametrizations.weight.original': ['float32', [7, 5]],
      'c.parametrizations.weight.0._u': ['float32', [7]],
      // weight norm has a direction and a length, both learned
      'd.weight_g': ['float32', [7, 1]],
      'd.weight_v': ['float32', [7, 5]],
    });
    expect([found.params, found.bufferElements]).toEqual([216 + 35 + 35 + 42, 216 + 12 + 7]);
  });

  test('observers and fake quantisers are buffers', () => {
    const found = totals({
      'c.weight': ['float32', [8, 3]],
      'c.weight_fake_quant.scale': ['float32', [8]],
      'c.activation_post_process.min_val': ['float32', []],
      'c.activation_post_process.histogram': ['float32', [2048]],
      'q.scale': ['float32', [1]],
      'q.zero_point': ['int64', [1]],
    });
    expect([found.params, found.bufferElements]).toEqual([24, 8 + 1 + 2048 + 2]);
  });

  test('adapters are what they hold; the scaling is a setting', () => {
    const found = totals({
      'base_model.model.l.lora_A.weight': ['float32', [8, 64]],
      'base_model.model.l.lora_B.weight': ['float32', [64, 8]],
      'lora_unet_x.lora_down.weight': ['float16', [4, 32]],
      'lora_unet_x.lora_up.weight': ['float16', [32, 4]],
      'lora_unet_x.alpha': ['float16', []],
    });
    expect([found.params, found.bufferElements]).toEqual([1024 + 256, 1]);
  });

  test('wrappers, optimizer states and averages in a flat file', () => {
    const ledger = ledgerOf({
      'module.fc.weight': ['float32', [6, 6]],
      'module._orig_mod.bn.running_mean': ['float32', [6]],
      'optimizer.state.fc.weight.exp_avg': ['float32', [6, 6]],
      'ema.module.fc.weight': ['float32', [6, 6]],
      'model_ema.fcweight': ['float32', [6, 6]],
      'model_ema.decay': ['float32', []],
    });
    const found = totalsOf(ledger);
    expect([found.params, found.bufferElements]).toEqual([36, 6]);
    expect(ledger.weights.map((w) => w.name)).toEqual(['fc.weight', 'bn.running_mean']);
    expect(ledger.notes.map((n) => n.code)).toEqual(['training-state', 'copies']);
  });

  test('a network that is only called so is not a copy', () => {
    expect(totals({ 'ema.a.weight': ['float32', [6]], 'b.weight': ['float32', [4]] }).params).toBe(10);
  });
});
