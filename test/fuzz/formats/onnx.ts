import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { mutateProtobuf } from '../protobuf.js';
import { type FuzzFormat, fixtures, type Seed } from '../seeds.js';

/** Protobuf: the models of ONNX's own operator tests, a node or a few each, and whole networks. */
const onnx: FuzzFormat = {
  id: 'onnx',
  seeds: () => [...operators(), ...fixtures('onnx', /\.onnx$/, 60_000), ...fixtures('fuzz', /\.onnx$/, 300_000)],
  mutations: [mutateProtobuf, mutateProtobuf, mutateProtobuf],
};

function operators(): Seed[] {
  const tests: readonly { name: string; model: string }[] = JSON.parse(
    gunzipSync(readFileSync('test/fixtures/onnx/node-tests.json.gz')).toString(),
  );
  return tests.map(({ name, model }) => ({ name: `${name}.onnx`, bytes: Buffer.from(model, 'base64') }));
}

export default onnx;
