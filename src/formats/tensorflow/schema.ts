import type { Int64 } from '../../wire/cursor.js';
import type { Message, Payload, Run, Text } from '../../wire/protobuf.js';

// The messages of TensorFlow that a graph is made of (tensorflow/core/framework, tensorflow/core/protobuf): what carries
// contents of tensors is left in the file, and only its place is kept.

export const FORMAT = 'tensorflow';

export interface DimProto {
  readonly size: Int64;
}
export interface ShapeProto {
  readonly dim: readonly DimProto[];
  readonly unknownRank: boolean;
}
export interface TensorProto {
  readonly dtype: number;
  readonly tensorShape?: ShapeProto;
  readonly tensorContent?: Payload;
  readonly halfVal: readonly Run[];
  readonly floatVal: readonly Run[];
  readonly doubleVal: readonly Run[];
  readonly intVal: readonly Run[];
  readonly stringVal: readonly Run[];
  readonly int64Val: readonly Run[];
  readonly boolVal: readonly Run[];
  readonly uint32Val: readonly Run[];
  readonly uint64Val: readonly Run[];
}
export interface ListProto {
  readonly s: readonly Text[];
  readonly i: readonly Int64[];
  readonly f: readonly number[];
  readonly b: readonly boolean[];
  readonly type: readonly number[];
  readonly shape: readonly ShapeProto[];
  readonly func: readonly FuncProto[];
}
export interface FuncProto {
  readonly name: string;
}
export interface AttrProto {
  readonly list?: ListProto;
  readonly s?: Text;
  readonly i?: Int64;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  readonly shape?: ShapeProto;
  readonly tensor?: TensorProto;
  readonly func?: FuncProto;
}
export interface AttrEntry {
  readonly key: string;
  readonly value?: AttrProto;
}
export interface NodeProto {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: readonly AttrEntry[];
}
export interface ArgProto {
  readonly name: string;
}
export interface SignatureProto {
  readonly name: string;
  readonly inputArg: readonly ArgProto[];
  readonly outputArg: readonly ArgProto[];
}
export interface TextEntry {
  readonly key: string;
  readonly value: string;
}
export interface FunctionProto {
  readonly signature?: SignatureProto;
  readonly nodeDef: readonly NodeProto[];
  readonly ret: readonly TextEntry[];
}
export interface LibraryProto {
  readonly function: readonly FunctionProto[];
}
export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly library?: LibraryProto;
}
export interface TensorInfoProto {
  readonly name: string;
  readonly dtype: number;
  readonly tensorShape?: ShapeProto;
}
export interface TensorInfoEntry {
  readonly key: string;
  readonly value?: TensorInfoProto;
}
export interface SignatureDefProto {
  readonly inputs: readonly TensorInfoEntry[];
  readonly outputs: readonly TensorInfoEntry[];
  readonly methodName: string;
}
export interface SignatureEntry {
  readonly key: string;
  readonly value?: SignatureDefProto;
}
export interface MetaInfoProto {
  readonly tags: readonly string[];
  readonly tensorflowVersion: string;
}
export interface SavedVariableProto {
  readonly shape?: ShapeProto;
  readonly trainable: boolean;
  readonly name: string;
}
export interface SavedObjectProto {
  readonly variable?: SavedVariableProto;
}
export interface ObjectGraphProto {
  readonly nodes: readonly SavedObjectProto[];
}
export interface MetaGraphProto {
  readonly metaInfoDef?: MetaInfoProto;
  readonly graphDef?: GraphProto;
  readonly signatureDef: readonly SignatureEntry[];
  readonly objectGraphDef?: ObjectGraphProto;
}
export interface SavedModelProto {
  readonly metaGraphs: readonly MetaGraphProto[];
}

const DIM: Message<DimProto> = { name: 'Dim', fields: { size: { at: 1, kind: 'int64' } } };

const SHAPE: Message<ShapeProto> = {
  name: 'TensorShapeProto',
  fields: {
    dim: { at: 2, kind: 'message', of: () => DIM, repeated: true },
    unknownRank: { at: 3, kind: 'bool' },
  },
};

const TENSOR: Message<TensorProto> = {
  name: 'TensorProto',
  fields: {
    dtype: { at: 1, kind: 'int32' },
    tensorShape: { at: 2, kind: 'message', of: () => SHAPE, optional: true },
    tensorContent: { at: 4, kind: 'payload', optional: true },
    floatVal: { at: 5, kind: 'runs' },
    doubleVal: { at: 6, kind: 'runs' },
    intVal: { at: 7, kind: 'runs' },
    stringVal: { at: 8, kind: 'texts' },
    int64Val: { at: 10, kind: 'runs' },
    boolVal: { at: 11, kind: 'runs' },
    halfVal: { at: 13, kind: 'runs' },
    uint32Val: { at: 16, kind: 'runs' },
    uint64Val: { at: 17, kind: 'runs' },
  },
};

const FUNC: Message<FuncProto> = { name: 'NameAttrList', fields: { name: { at: 1, kind: 'string' } } };

const LIST: Message<ListProto> = {
  name: 'ListValue',
  fields: {
    s: { at: 2, kind: 'text', repeated: true },
    i: { at: 3, kind: 'int64', repeated: true },
    f: { at: 4, kind: 'float', repeated: true },
    b: { at: 5, kind: 'bool', repeated: true },
    type: { at: 6, kind: 'int32', repeated: true },
    shape: { at: 7, kind: 'message', of: () => SHAPE, repeated: true },
    func: { at: 9, kind: 'message', of: () => FUNC, repeated: true },
  },
};

const ATTR: Message<AttrProto> = {
  name: 'AttrValue',
  fields: {
    list: { at: 1, kind: 'message', of: () => LIST, optional: true },
    s: { at: 2, kind: 'text', optional: true },
    i: { at: 3, kind: 'int64', optional: true },
    f: { at: 4, kind: 'float', optional: true },
    b: { at: 5, kind: 'bool', optional: true },
    type: { at: 6, kind: 'int32', optional: true },
    shape: { at: 7, kind: 'message', of: () => SHAPE, optional: true },
    tensor: { at: 8, kind: 'message', of: () => TENSOR, optional: true },
    func: { at: 10, kind: 'message', of: () => FUNC, optional: true },
  },
};

const ATTR_ENTRY: Message<AttrEntry> = {
  name: 'AttrEntry',
  fields: {
    key: { at: 1, kind: 'string' },
    value: { at: 2, kind: 'message', of: () => ATTR, optional: true },
  },
};

export const NODE: Message<NodeProto> = {
  name: 'NodeDef',
  fields: {
    name: { at: 1, kind: 'string' },
    op: { at: 2, kind: 'string' },
    input: { at: 3, kind: 'string', repeated: true },
    attr: { at: 5, kind: 'message', of: () => ATTR_ENTRY, repeated: true },
  },
};

const ARG: Message<ArgProto> = { name: 'ArgDef', fields: { name: { at: 1, kind: 'string' } } };

const SIGNATURE: Message<SignatureProto> = {
  name: 'OpDef',
  fields: {
    name: { at: 1, kind: 'string' },
    inputArg: { at: 2, kind: 'message', of: () => ARG, repeated: true },
    outputArg: { at: 3, kind: 'message', of: () => ARG, repeated: true },
  },
};

const TEXT_ENTRY: Message<TextEntry> = {
  name: 'RetEntry',
  fields: { key: { at: 1, kind: 'string' }, value: { at: 2, kind: 'string' } },
};

const FUNCTION: Message<FunctionProto> = {
  name: 'FunctionDef',
  fields: {
    signature: { at: 1, kind: 'message', of: () => SIGNATURE, optional: true },
    nodeDef: { at: 3, kind: 'message', of: () => NODE, repeated: true },
    ret: { at: 4, kind: 'message', of: () => TEXT_ENTRY, repeated: true },
  },
};

const LIBRARY: Message<LibraryProto> = {
  name: 'FunctionDefLibrary',
  fields: { function: { at: 1, kind: 'message', of: () => FUNCTION, repeated: true } },
};

export const GRAPH: Message<GraphProto> = {
  name: 'GraphDef',
  fields: {
    node: { at: 1, kind: 'message', of: () => NODE, repeated: true },
    library: { at: 2, kind: 'message', of: () => LIBRARY, optional: true },
  },
};

const TENSOR_INFO: Message<TensorInfoProto> = {
  name: 'TensorInfo',
  fields: {
    name: { at: 1, kind: 'string' },
    dtype: { at: 2, kind: 'int32' },
    tensorShape: { at: 3, kind: 'message', of: () => SHAPE, optional: true },
  },
};

const TENSOR_INFO_ENTRY: Message<TensorInfoEntry> = {
  name: 'TensorInfoEntry',
  fields: {
    key: { at: 1, kind: 'string' },
    value: { at: 2, kind: 'message', of: () => TENSOR_INFO, optional: true },
  },
};

const SIGNATURE_DEF: Message<SignatureDefProto> = {
  name: 'SignatureDef',
  fields: {
    inputs: { at: 1, kind: 'message', of: () => TENSOR_INFO_ENTRY, repeated: true },
    outputs: { at: 2, kind: 'message', of: () => TENSOR_INFO_ENTRY, repeated: true },
    methodName: { at: 3, kind: 'string' },
  },
};

const SIGNATURE_ENTRY: Message<SignatureEntry> = {
  name: 'SignatureEntry',
  fields: {
    key: { at: 1, kind: 'string' },
    value: { at: 2, kind: 'message', of: () => SIGNATURE_DEF, optional: true },
  },
};

const META_INFO: Message<MetaInfoProto> = {
  name: 'MetaInfoDef',
  fields: {
    tags: { at: 4, kind: 'string', repeated: true },
    tensorflowVersion: { at: 5, kind: 'string' },
  },
};

const SAVED_VARIABLE: Message<SavedVariableProto> = {
  name: 'SavedVariable',
  fields: {
    shape: { at: 2, kind: 'message', of: () => SHAPE, optional: true },
    trainable: { at: 3, kind: 'bool' },
    name: { at: 6, kind: 'string' },
  },
};

const SAVED_OBJECT: Message<SavedObjectProto> = {
  name: 'SavedObject',
  fields: { variable: { at: 7, kind: 'message', of: () => SAVED_VARIABLE, optional: true } },
};

const OBJECT_GRAPH: Message<ObjectGraphProto> = {
  name: 'SavedObjectGraph',
  fields: { nodes: { at: 1, kind: 'message', of: () => SAVED_OBJECT, repeated: true } },
};

export const META_GRAPH: Message<MetaGraphProto> = {
  name: 'MetaGraphDef',
  fields: {
    metaInfoDef: { at: 1, kind: 'message', of: () => META_INFO, optional: true },
    graphDef: { at: 2, kind: 'message', of: () => GRAPH, optional: true },
    signatureDef: { at: 5, kind: 'message', of: () => SIGNATURE_ENTRY, repeated: true },
    objectGraphDef: { at: 7, kind: 'message', of: () => OBJECT_GRAPH, optional: true },
  },
};

export const SAVED_MODEL: Message<SavedModelProto> = {
  name: 'SavedModel',
  fields: { metaGraphs: { at: 2, kind: 'message', of: () => META_GRAPH, repeated: true } },
};
