import { ModelError } from '../../source/errors.js';
import type { FlatTable } from '../../wire/flatbuffers.js';
import { eachTable } from '../../wire/flatbuffers.js';
import { DEPTH_LIMIT, type Payload } from '../../wire/protobuf.js';
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type Dimension,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type TypeProto,
  type ValueInfoProto,
} from '../onnx/schema.js';

export const FORMAT = 'ort';

// Fields by their numbers: onnxruntime/core/flatbuffers/schema/ort.fbs.

/** A model as ONNX's own messages. Contents of tensors are not read, only where they are. */
export function modelOf(model: FlatTable): ModelProto {
  const graph = model.table(7);
  return {
    irVersion: Number(model.u64(0)),
    opsetImport: eachTable(model, 1, (o) => ({ domain: o.text(0) ?? '', version: Number(o.u64(1)) })),
    producerName: model.text(2) ?? '',
    producerVersion: model.text(3) ?? '',
    domain: model.text(4) ?? '',
    modelVersion: Number(model.u64(5)),
    ...(graph === null ? {} : { graph: graphOf(graph, '', 1) }),
    metadataProps: eachTable(model, 9, (m) => ({ key: m.text(0) ?? '', value: m.text(1) ?? '' })),
    trainingInfo: [],
    functions: [],
  };
}

function graphOf(graph: FlatTable, name: string, depth: number): GraphProto {
  if (depth > DEPTH_LIMIT)
    throw new ModelError('limit', `graphs are nested more than ${DEPTH_LIMIT} deep`, {
      format: FORMAT,
      hint: 'the file is damaged: convert the model again',
    });
  const infos = eachTable(graph, 1, infoOf);
  const byName = new Map(infos.map((info) => [info.name, info]));
  const named = (field: number): ValueInfoProto[] =>
    graph.texts(field).map((name) => byName.get(name) ?? { name, metadataProps: [] });
  const [input, output] = [named(5), named(6)];
  const ends = new Set([...input, ...output].map((info) => info.name));
  return {
    name,
    node: eachTable(graph, 2, (node) => nodeOf(node, depth)),
    initializer: eachTable(graph, 0, tensorOf),
    sparseInitializer: eachTable(graph, 7, sparseOf),
    input,
    output,
    valueInfo: infos.filter((info) => !ends.has(info.name)),
    quantizationAnnotation: [],
    metadataProps: [],
  };
}

function nodeOf(node: FlatTable, depth: number): NodeProto {
  return {
    name: node.text(0) ?? '',
    domain: node.text(2) ?? '',
    opType: node.text(5) ?? '',
    input: node.texts(8),
    output: node.texts(9),
    overload: '',
    attribute: eachTable(node, 10, (a) => attributeOf(a, depth)),
    metadataProps: [],
  };
}

function attributeOf(a: FlatTable, depth: number): AttributeProto {
  const type = a.i32(2);
  const [t, g] = [a.table(6), a.table(7)];
  const { INT, INTS, FLOAT, FLOATS, STRING, STRINGS } = ATTRIBUTE_TYPE;
  return {
    name: a.text(0) ?? '',
    type,
    ...(type === FLOAT ? { f: a.f32(3) } : {}),
    ...(type === INT ? { i: whole(a.u64(4)) } : {}),
    ...(type === STRING ? { s: a.text(5) ?? '' } : {}),
    ...(t === null ? {} : { t: tensorOf(t) }),
    ...(g === null ? {} : { g: graphOf(g, '', depth + 1) }),
    ...(type === FLOATS ? { floats: a.floats(8) } : {}),
    ...(type === INTS ? { ints: a.longs(9) } : {}),
    ...(type === STRINGS ? { strings: a.texts(10) } : {}),
    ...(a.has(12) ? { graphs: eachTable(a, 12, (inner) => graphOf(inner, '', depth + 1)) } : {}),
  };
}

/** Signed, as an attribute of integers is. */
function whole(bits: bigint): number | bigint {
  const value = BigInt.asIntN(64, bits);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function tensorOf(tensor: FlatTable): TensorProto {
  const { start, length } = tensor.vector(4, 1, Number.POSITIVE_INFINITY);
  const raw: Payload | null = tensor.has(4) ? { offset: start, length } : null;
  // Large contents may be in a file beside it, of which only the offset is told.
  const elsewhere = BigInt.asIntN(64, tensor.u64(6, (1n << 64n) - 1n)) >= 0n;
  return {
    name: tensor.text(0) ?? '',
    dims: tensor.longs(2),
    dataType: tensor.i32(3),
    dataLocation: elsewhere ? 1 : 0,
    externalData: [],
    ...(raw === null ? {} : { rawData: raw }),
    floatData: [],
    int32Data: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
    stringData: [],
    metadataProps: [],
  };
}

function sparseOf(sparse: FlatTable): SparseTensorProto {
  const [values, indices] = [sparse.table(0), sparse.table(1)];
  return {
    ...(values === null ? {} : { values: tensorOf(values) }),
    ...(indices === null ? {} : { indices: tensorOf(indices) }),
    dims: sparse.longs(2),
  };
}

function infoOf(info: FlatTable): ValueInfoProto {
  const type = info.table(2);
  return { name: info.text(0) ?? '', metadataProps: [], ...(type === null ? {} : { type: typeOf(type, 1) }) };
}

const TENSOR = 1;
const SEQUENCE = 2;

/** `denotation`, then a union: a tensor, a list, a map. */
function typeOf(type: FlatTable, depth: number): TypeProto {
  const [kind, value] = [type.u8(1), type.table(2)];
  if (value === null) return {};
  if (kind === TENSOR) {
    const shape = value.table(1);
    return {
      tensorType: { elemType: value.i32(0), ...(shape === null ? {} : { shape: { dim: eachTable(shape, 0, dimOf) } }) },
    };
  }
  const item = kind === SEQUENCE && depth < DEPTH_LIMIT ? value.table(0) : null;
  return kind === SEQUENCE
    ? { sequenceType: item === null ? {} : { elemType: typeOf(item, depth + 1) } }
    : { mapType: { keyType: value.i32(0) } };
}

/** A number, a name, or neither. */
function dimOf(dim: FlatTable): Dimension {
  const value = dim.table(0);
  const kind = value?.u8(0) ?? 0;
  if (value === null || kind === 0) return {};
  return kind === 1 ? { dimValue: whole(value.u64(1)) } : { dimParam: value.text(2) ?? '' };
}
