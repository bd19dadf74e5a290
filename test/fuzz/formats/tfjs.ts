import { readFileSync } from 'node:fs';
import { mutateJson } from '../json.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

const text = (s: string): string => btoa(s);
const sized = (...dims: number[]): object => ({ dim: dims.map((size) => ({ size: String(size) })) });
const tensor = (dtype: string, ...dims: number[]): object => ({
  value: { tensor: { dtype, tensorShape: sized(...dims) } },
});

/** A graph model with a convolution and a product, and a layers model. */
const MODELS: readonly object[] = [
  {
    format: 'graph-model',
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: sized(-1, 8, 8, 3) } } },
        { name: 'w', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' }, ...tensor('DT_FLOAT', 3, 3, 3, 4) } },
        {
          name: 'conv',
          op: 'Conv2D',
          input: ['x', 'w'],
          attr: { strides: { list: { i: ['1', '2', '2', '1'] } }, padding: { s: text('SAME') } },
        },
        { name: 'axes', op: 'Const', attr: { dtype: { type: 'DT_INT32' }, ...tensor('DT_INT32', 2) } },
        { name: 'mean', op: 'Mean', input: ['conv', 'axes'], attr: { keep_dims: { b: false } } },
      ],
    },
    weightsManifest: [{ paths: ['a.bin'], weights: [{ name: 'w', shape: [3, 3, 3, 4], dtype: 'float32' }] }],
  },
  {
    modelTopology: { model_config: JSON.parse(readFileSync('test/fixtures/keras/small_lstm.model.json', 'utf8')) },
    weightsManifest: [],
  },
];

const tfjs: FuzzFormat = {
  id: 'tfjs',
  seeds: () => MODELS.map((made, i) => ({ name: `model${i}.json`, bytes: encode(JSON.stringify(made)) })),
  mutations: [onBytes(mutateJson), onBytes(mutateJson), ...TEXT.map(onBytes)],
};

export default tfjs;
