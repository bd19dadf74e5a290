import { mutateProtobuf } from '../protobuf.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { decode, encode, onBytes, TEXT } from '../text.js';

/** A graph in protobuf's text form. */
const TEXT_GRAPH = `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: -1 } dim { size: 8 } dim { size: 8 } dim { size: 3 } } } } }
node { name: "w" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } dim { size: 3 } dim { size: 3 } dim { size: 4 } } float_val: 0.5 } } } }
node { name: "net/conv" op: "Conv2D" input: "x" input: "w" attr { key: "T" value { type: DT_FLOAT } } attr { key: "strides" value { list { i: 1 i: 1 i: 1 i: 1 } } } attr { key: "padding" value { s: "SAME" } } }
node { name: "net/relu" op: "Relu" input: "net/conv" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "axes" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: 1 int_val: 2 } } } }
node { name: "mean" op: "Mean" input: "net/relu" input: "axes" attr { key: "keep_dims" value { b: false } } }
`;

/** Graphs and SavedModels in protobuf's binary form, and a graph as text. */
const tensorflow: FuzzFormat = {
  id: 'tensorflow',
  seeds: () => [...fixtures('tensorflow', /\.pb$/, 40_000), { name: 'graph.pbtxt', bytes: encode(TEXT_GRAPH) }],
  mutations: [
    mutateProtobuf,
    (bytes, random, others) =>
      decode(bytes.subarray(0, 6)) === 'node {'
        ? onBytes(random.pick(TEXT))(bytes, random, others)
        : mutateProtobuf(bytes, random, others),
  ],
};

export default tensorflow;
