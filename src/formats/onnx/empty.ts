import { NONE } from '../../ledger/index.js';
import type { NodeProto, TensorProto, ValueInfoProto } from './schema.js';

// The messages that a large graph has one of for each node and weight, before their fields are read: see `Message.empty`.

export function emptyNode(): NodeProto {
  return {
    input: NONE,
    output: NONE,
    name: '',
    opType: '',
    attribute: NONE,
    domain: '',
    overload: '',
    metadataProps: NONE,
  };
}

export function emptyTensor(): TensorProto {
  return {
    dims: NONE,
    dataType: 0,
    floatData: NONE,
    int32Data: NONE,
    stringData: NONE,
    int64Data: NONE,
    name: '',
    rawData: undefined,
    doubleData: NONE,
    uint64Data: NONE,
    externalData: NONE,
    dataLocation: 0,
    metadataProps: NONE,
  };
}

export function emptyValueInfo(): ValueInfoProto {
  return { name: '', type: undefined, metadataProps: NONE };
}
