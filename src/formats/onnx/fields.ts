import type { Message } from '../../wire/protobuf.js';
import { emptyNode, emptyTensor, emptyValueInfo } from './empty.js';
import type {
  AttributeProto,
  Dimension,
  ElementTypeProto,
  FunctionProto,
  GraphProto,
  MapTypeProto,
  ModelProto,
  NodeProto,
  OpaqueTypeProto,
  OperatorSetIdProto,
  SparseTensorProto,
  StringEntry,
  TensorAnnotation,
  TensorProto,
  TensorShapeProto,
  TensorTypeProto,
  TypeProto,
  ValueInfoProto,
} from './schema.js';

const OPERATOR_SET_ID: Message<OperatorSetIdProto> = {
  name: 'OperatorSetIdProto',
  fields: { domain: { at: 1, kind: 'string' }, version: { at: 2, kind: 'int64' } },
};

const STRING_ENTRY: Message<StringEntry> = {
  name: 'StringStringEntryProto',
  fields: { key: { at: 1, kind: 'string' }, value: { at: 2, kind: 'text' } },
};

const DIMENSION: Message<Dimension> = {
  name: 'TensorShapeProto.Dimension',
  fields: {
    dimValue: { at: 1, kind: 'int64', optional: true },
    dimParam: { at: 2, kind: 'string', optional: true },
    denotation: { at: 3, kind: 'string', optional: true },
  },
};

const TENSOR_SHAPE: Message<TensorShapeProto> = {
  name: 'TensorShapeProto',
  fields: { dim: { at: 1, kind: 'message', of: () => DIMENSION, repeated: true } },
};

const TENSOR_TYPE: Message<TensorTypeProto> = {
  name: 'TypeProto.Tensor',
  fields: {
    elemType: { at: 1, kind: 'int32' },
    shape: { at: 2, kind: 'message', of: () => TENSOR_SHAPE, optional: true },
  },
};

const ELEMENT_TYPE: Message<ElementTypeProto> = {
  name: 'TypeProto.Sequence',
  fields: { elemType: { at: 1, kind: 'message', of: () => TYPE, optional: true } },
};

const MAP_TYPE: Message<MapTypeProto> = {
  name: 'TypeProto.Map',
  fields: { keyType: { at: 1, kind: 'int32' }, valueType: { at: 2, kind: 'message', of: () => TYPE, optional: true } },
};

const OPAQUE_TYPE: Message<OpaqueTypeProto> = {
  name: 'TypeProto.Opaque',
  fields: { domain: { at: 1, kind: 'string' }, name: { at: 2, kind: 'string' } },
};

const TYPE: Message<TypeProto> = {
  name: 'TypeProto',
  fields: {
    tensorType: { at: 1, kind: 'message', of: () => TENSOR_TYPE, optional: true },
    sequenceType: { at: 4, kind: 'message', of: () => ELEMENT_TYPE, optional: true },
    mapType: { at: 5, kind: 'message', of: () => MAP_TYPE, optional: true },
    denotation: { at: 6, kind: 'string', optional: true },
    opaqueType: { at: 7, kind: 'message', of: () => OPAQUE_TYPE, optional: true },
    sparseTensorType: { at: 8, kind: 'message', of: () => TENSOR_TYPE, optional: true },
    optionalType: { at: 9, kind: 'message', of: () => ELEMENT_TYPE, optional: true },
  },
};

const VALUE_INFO: Message<ValueInfoProto> = {
  name: 'ValueInfoProto',
  empty: emptyValueInfo,
  fields: {
    name: { at: 1, kind: 'string' },
    type: { at: 2, kind: 'message', of: () => TYPE, optional: true },
    metadataProps: { at: 4, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

export const TENSOR: Message<TensorProto> = {
  name: 'TensorProto',
  empty: emptyTensor,
  fields: {
    dims: { at: 1, kind: 'int64', repeated: true },
    dataType: { at: 2, kind: 'int32' },
    segment: { at: 3, kind: 'payload', optional: true },
    floatData: { at: 4, kind: 'runs' },
    int32Data: { at: 5, kind: 'runs' },
    stringData: { at: 6, kind: 'texts' },
    int64Data: { at: 7, kind: 'runs' },
    name: { at: 8, kind: 'string' },
    rawData: { at: 9, kind: 'payload', optional: true },
    doubleData: { at: 10, kind: 'runs' },
    uint64Data: { at: 11, kind: 'runs' },
    externalData: { at: 13, kind: 'message', of: () => STRING_ENTRY, repeated: true },
    dataLocation: { at: 14, kind: 'int32' },
    metadataProps: { at: 16, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

export const SPARSE_TENSOR: Message<SparseTensorProto> = {
  name: 'SparseTensorProto',
  fields: {
    values: { at: 1, kind: 'message', of: () => TENSOR, optional: true },
    indices: { at: 2, kind: 'message', of: () => TENSOR, optional: true },
    dims: { at: 3, kind: 'int64', repeated: true },
  },
};

const TENSOR_ANNOTATION: Message<TensorAnnotation> = {
  name: 'TensorAnnotation',
  fields: {
    tensorName: { at: 1, kind: 'string' },
    quantParameterTensorNames: { at: 2, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

const ATTRIBUTE: Message<AttributeProto> = {
  name: 'AttributeProto',
  repeats: true,
  fields: {
    name: { at: 1, kind: 'string' },
    f: { at: 2, kind: 'float', optional: true },
    i: { at: 3, kind: 'int64', optional: true },
    s: { at: 4, kind: 'text', optional: true },
    t: { at: 5, kind: 'message', of: () => TENSOR, optional: true },
    g: { at: 6, kind: 'message', of: () => GRAPH, optional: true },
    floats: { at: 7, kind: 'float', repeated: true, optional: true },
    ints: { at: 8, kind: 'int64', repeated: true, optional: true },
    strings: { at: 9, kind: 'text', repeated: true, optional: true },
    tensors: { at: 10, kind: 'message', of: () => TENSOR, repeated: true, optional: true },
    graphs: { at: 11, kind: 'message', of: () => GRAPH, repeated: true, optional: true },
    tp: { at: 14, kind: 'message', of: () => TYPE, optional: true },
    typeProtos: { at: 15, kind: 'message', of: () => TYPE, repeated: true, optional: true },
    type: { at: 20, kind: 'int32' },
    refAttrName: { at: 21, kind: 'string', optional: true },
    sparseTensor: { at: 22, kind: 'message', of: () => SPARSE_TENSOR, optional: true },
    sparseTensors: { at: 23, kind: 'message', of: () => SPARSE_TENSOR, repeated: true, optional: true },
  },
};

const NODE: Message<NodeProto> = {
  name: 'NodeProto',
  empty: emptyNode,
  fields: {
    input: { at: 1, kind: 'string', repeated: true },
    output: { at: 2, kind: 'string', repeated: true },
    name: { at: 3, kind: 'string' },
    opType: { at: 4, kind: 'string' },
    attribute: { at: 5, kind: 'message', of: () => ATTRIBUTE, repeated: true },
    docString: { at: 6, kind: 'text', optional: true },
    domain: { at: 7, kind: 'string' },
    overload: { at: 8, kind: 'string' },
    metadataProps: { at: 9, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

export const GRAPH: Message<GraphProto> = {
  name: 'GraphProto',
  fields: {
    node: { at: 1, kind: 'message', of: () => NODE, repeated: true },
    name: { at: 2, kind: 'string' },
    initializer: { at: 5, kind: 'message', of: () => TENSOR, repeated: true },
    docString: { at: 10, kind: 'text', optional: true },
    input: { at: 11, kind: 'message', of: () => VALUE_INFO, repeated: true },
    output: { at: 12, kind: 'message', of: () => VALUE_INFO, repeated: true },
    valueInfo: { at: 13, kind: 'message', of: () => VALUE_INFO, repeated: true },
    quantizationAnnotation: { at: 14, kind: 'message', of: () => TENSOR_ANNOTATION, repeated: true },
    sparseInitializer: { at: 15, kind: 'message', of: () => SPARSE_TENSOR, repeated: true },
    metadataProps: { at: 16, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

const FUNCTION: Message<FunctionProto> = {
  name: 'FunctionProto',
  fields: {
    name: { at: 1, kind: 'string' },
    input: { at: 4, kind: 'string', repeated: true },
    output: { at: 5, kind: 'string', repeated: true },
    attribute: { at: 6, kind: 'string', repeated: true },
    node: { at: 7, kind: 'message', of: () => NODE, repeated: true },
    docString: { at: 8, kind: 'text', optional: true },
    opsetImport: { at: 9, kind: 'message', of: () => OPERATOR_SET_ID, repeated: true },
    domain: { at: 10, kind: 'string' },
    attributeProto: { at: 11, kind: 'message', of: () => ATTRIBUTE, repeated: true },
    valueInfo: { at: 12, kind: 'message', of: () => VALUE_INFO, repeated: true },
    overload: { at: 13, kind: 'string' },
    metadataProps: { at: 14, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

export const MODEL: Message<ModelProto> = {
  name: 'ModelProto',
  fields: {
    irVersion: { at: 1, kind: 'int64' },
    producerName: { at: 2, kind: 'string' },
    producerVersion: { at: 3, kind: 'string' },
    domain: { at: 4, kind: 'string' },
    modelVersion: { at: 5, kind: 'int64' },
    docString: { at: 6, kind: 'text', optional: true },
    graph: { at: 7, kind: 'message', of: () => GRAPH, optional: true },
    opsetImport: { at: 8, kind: 'message', of: () => OPERATOR_SET_ID, repeated: true },
    metadataProps: { at: 14, kind: 'message', of: () => STRING_ENTRY, repeated: true },
    trainingInfo: { at: 20, kind: 'payload', repeated: true },
    functions: { at: 25, kind: 'message', of: () => FUNCTION, repeated: true },
  },
};
