import { describe, expect, test } from 'vitest';
import { read } from '../../src/index.js';
import { memorySource } from '../../src/source/memory.js';
import { zipOf } from '../wire/zip-build.js';

const REST = Uint8Array.from({ length: 300 }, (_, i) => (i * 37 + 11) % 256);
const encode = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const bytes = (head = ''): Uint8Array => Uint8Array.from([...encode(head), ...REST]);
const zip = (...names: string[]): Uint8Array => zipOf(names.map((name) => ({ name, data: encode('x') })));

async function refused(name: string, data: Uint8Array): Promise<{ message: string; hint: string }> {
  try {
    await read(memorySource(data, { name }));
  } catch (error) {
    return error as { message: string; hint: string };
  }
  throw new Error(`${name} was read`);
}

describe('a model of a kind that is not read is named, with the way out', () => {
  test.each<[string, string, string]>([
    ['x', 'RKNN', 'RKNN'],
    ['x', 'ptrt', 'TensorRT'],
    ['x', 'IMOD', 'Ascend'],
    ['x', '\x01HEF', 'Hailo'],
    ['x', 'LDMK', 'Kendryte'],
    ['x', 'lmgg', 'GGML'],
    ['x', "MZqFpD='\n", 'llamafile'],
    ['x', 'LITERTLM', 'LiteRT-LM'],
    ['x', 'EDL2', 'ESP'],
    ['x', '\x14\0\0\0MSL2', 'MindSpore'],
    ['x', '\x18\0\0\0CIR0', 'Circle'],
    ['x', 'CviModel', 'Sophgo'],
    ['x', 'mgb0001', 'MegEngine'],
    ['x', '\0\0\0\x02\0\0\0\x01', 'QNN'],
    ['x', '\x12\x01\0\0\0\0\0\0', 'MXNet'],
    ['x', 'ML\xefR', 'StableHLO'],
    ['x', 'binf', 'XGBoost'],
    ['x', 'CBM1', 'CatBoost'],
    ['x', 'B\0C\0N\0', 'CNTK'],
  ])('by its first bytes: %s %j', async (name, head, what) => {
    const { message, hint } = await refused(name, bytes(head));
    expect(message).toContain(what);
    expect(hint).not.toMatch(/^opcount reads/);
  });

  test.each<[string, string]>([
    ['a.rknn', 'RKNN'],
    ['a.engine', 'TensorRT'],
    ['a.plan', 'TensorRT'],
    ['a.om', 'Ascend'],
    ['a.hef', 'Hailo'],
    ['a.dlc', 'Qualcomm'],
    ['a.nb', 'Paddle Lite'],
    ['a.tmfile', 'Tengine'],
    ['a.tnnmodel', 'TNN'],
    ['a.ms', 'MindSpore'],
    ['a.mindir', 'MindSpore'],
    ['a.xmodel', 'compiled'],
    ['a.bmodel', 'compiled'],
    ['a.espdl', 'compiled'],
    ['a.tflite', 'no TensorFlow Lite model'],
    ['a.tflite.enc', 'encrypted'],
    ['flax_model.msgpack', 'JAX'],
    ['a.joblib', 'classical'],
    ['a.cbm', 'CatBoost'],
    ['a.wts', 'tensorrtx'],
  ])('by its name: %s', async (name, what) => {
    const { message, hint } = await refused(name, bytes('\xf1'));
    expect(message).toContain(what);
    expect(hint).not.toMatch(/^opcount reads/);
  });

  test.each<[string, string]>([
    ['{\n  "nodes": [{"op": "null"}], "arg_nodes": [0], "heads": []}', 'MXNet'],
    ['{"learner": {"attributes": {}}, "version": [1, 7, 0]}', 'XGBoost'],
    ['{"version": [2, 0, 1], "learner": {}}', 'XGBoost'],
    ['{"features_info": {}, "oblivious_trees": []}', 'CatBoost'],
    ['tree\nversion=v4\nnum_class=1\n', 'LightGBM'],
    ['"1 35 1 4206624772 ,"\n"data 4 1 3 224 224 ,"\n', 'TNN'],
    ['version 1.0;\ngraph net( input ) -> ( output ) {}', 'NNEF'],
    ['module @main {\n}', 'MLIR'],
    ['HloModule main\n', 'HLO'],
    ['<?xml version="1.0"?>\n<PMML version="4.4"/>', 'PMML'],
  ])('by its text: %j', async (text, what) => {
    expect((await refused('x', encode(text))).message).toContain(what);
  });

  test.each<[string, Uint8Array]>([
    ['SNPE', zip('model', 'model.params', 'dlc.metadata')],
    ['NeMo', zip('./model_config.yaml', './model_weights.ckpt')],
    ['TorchServe', zip('MAR-INF/MANIFEST.json', 'handler.txt')],
    ['Deeplearning4j', zip('configuration.json', 'coefficients.bin')],
    ['NumPy', zip('predictor/conv1/W.npy')],
  ])('by what an archive holds: %s', async (what, data) => {
    expect((await refused('x', data)).message).toContain(what);
  });
});
