import type { Int64 } from '../../wire/cursor.js';
import type { Message, Payload, Run, Text } from '../../wire/protobuf.js';

/**
 * ONNX's messages as plain objects, and the tables that build them. Field numbers and meanings:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (IR version 13). What costs memory and is not needed to count
 * (weights, long texts) stays in the file as a range; see tensors.ts for reading small ones.
 */

export interface ModelProto {
  readonly irVersion: Int64;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: Int64;
  readonly docString?: Text;
  readonly graph?: GraphProto;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly metadataProps: readonly StringEntry[];
  /** Where training information lies: its presence is told, its graphs are not read. */
  readonly trainingInfo: readonly Payload[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetIdProto {
  /** '' is ONNX's own, `ai.onnx`. */
  readonly domain: string;
  readonly version: Int64;
}

export interface StringEntry {
  readonly key: string;
  readonly value: Text;
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
  readonly quantizationAnnotation: readonly TensorAnnotation[];
  readonly metadataProps: readonly StringEntry[];
  readonly docString?: Text;
}

export interface NodeProto {
  /** Names of values; '' stands for an optional input that is left out. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** Tells functions of the same name apart (IR 10). */
  readonly overload: string;
  readonly attribute: readonly AttributeProto[];
  readonly metadataProps: readonly StringEntry[];
  /** Old exporters write the Python stack here. */
  readonly docString?: Text;
}

/** Exactly the members that the file has are present; `type` says which is meant. */
export interface AttributeProto {
  readonly name: string;
  /** One of `ATTRIBUTE_TYPE`; 0 in files of the first IR versions, where the member present tells. */
  readonly type: number;
  readonly f?: number;
  readonly i?: Int64;
  readonly s?: Text;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly tp?: TypeProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
  readonly strings?: readonly Text[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly sparseTensors?: readonly SparseTensorProto[];
  readonly typeProtos?: readonly TypeProto[];
  /** In a function's body: the attribute of the calling node that is meant. */
  readonly refAttrName?: string;
}

export const ATTRIBUTE_TYPE = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly Int64[];
  /** See `dtypeOf`. */
  readonly dataType: number;
  /** 1: the contents lie in another file, named in `externalData`. */
  readonly dataLocation: number;
  readonly externalData: readonly StringEntry[];
  readonly rawData?: Payload;
  readonly floatData: readonly Run[];
  readonly int32Data: readonly Run[];
  readonly int64Data: readonly Run[];
  readonly doubleData: readonly Run[];
  readonly uint64Data: readonly Run[];
  readonly stringData: readonly Run[];
  /** A part of a larger tensor; never came into use. */
  readonly segment?: Payload;
  readonly metadataProps: readonly StringEntry[];
}

export interface SparseTensorProto {
  /** The values that are not zero, and the name. */
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  /** The shape as if dense. */
  readonly dims: readonly Int64[];
}

export interface TensorAnnotation {
  readonly tensorName: string;
  readonly quantParameterTensorNames: readonly StringEntry[];
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type?: TypeProto;
  readonly metadataProps: readonly StringEntry[];
}

/** One of its members, normally. */
export interface TypeProto {
  readonly tensorType?: TensorTypeProto;
  readonly sparseTensorType?: TensorTypeProto;
  readonly sequenceType?: ElementTypeProto;
  readonly optionalType?: ElementTypeProto;
  readonly mapType?: MapTypeProto;
  readonly opaqueType?: OpaqueTypeProto;
  readonly denotation?: string;
}

export interface TensorTypeProto {
  readonly elemType: number;
  /** Absent: of unknown rank. */
  readonly shape?: TensorShapeProto;
}

export interface ElementTypeProto {
  readonly elemType?: TypeProto;
}

export interface MapTypeProto {
  readonly keyType: number;
  readonly valueType?: TypeProto;
}

export interface OpaqueTypeProto {
  readonly domain: string;
  readonly name: string;
}

export interface TensorShapeProto {
  readonly dim: readonly Dimension[];
}

/** A number, a symbol, or neither: unknown. */
export interface Dimension {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
  readonly denotation?: string;
}

export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Names of the attributes that a call must give. */
  readonly attribute: readonly string[];
  /** Attributes that a call may leave out, with their defaults. */
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly valueInfo: readonly ValueInfoProto[];
  readonly metadataProps: readonly StringEntry[];
  readonly docString?: Text;
}

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
  fields: {
    name: { at: 1, kind: 'string' },
    type: { at: 2, kind: 'message', of: () => TYPE, optional: true },
    metadataProps: { at: 4, kind: 'message', of: () => STRING_ENTRY, repeated: true },
  },
};

const TENSOR: Message<TensorProto> = {
  name: 'TensorProto',
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

const SPARSE_TENSOR: Message<SparseTensorProto> = {
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

const GRAPH: Message<GraphProto> = {
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
