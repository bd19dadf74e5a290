import type { Int64 } from '../../wire/cursor.js';
import type { Payload, Run, Text } from '../../wire/protobuf.js';

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
  readonly rawData?: Payload | undefined;
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
  readonly type?: TypeProto | undefined;
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
