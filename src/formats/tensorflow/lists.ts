import {
  type Call,
  flowingIn,
  type GraphNode,
  type GraphValue,
  inputAt,
  insertItem,
  itemAt,
  joinItems,
  reserveItems,
  scalarOf,
  sequenceIn,
  sequenceLength,
  setItem,
  splitItems,
} from '../../graph/index.js';

/** They ask nothing of their node but its inputs: converters to other formats keep them as they are. */
type ListRule = <N extends GraphNode, F>(call: Call<N, F>) => readonly GraphValue[];

/** Lists of tensors, and the arrays of TensorFlow 1, of which the flow is the list. */
export const LISTS: Readonly<Record<string, ListRule>> = {
  TensorListReserve: (call) => [reserveItems(call, scalarOf(call.inputs[1]))],
  EmptyTensorList: (call) => [reserveItems(call, 0)],
  TensorListSetItem: (call) => [setItem(call, sequenceIn(call), inputAt(call, 2))],
  TensorListGetItem: (call) => itemAt(call, sequenceIn(call), scalarOf(call.inputs[1])),
  TensorListPushBack: (call) => [insertItem(call, sequenceIn(call), inputAt(call, 1), 'last')],
  TensorListStack: (call) => joinItems(call, sequenceIn(call), 0, true),
  TensorListConcatV2: (call) => joinItems(call, sequenceIn(call), 0, false),
  TensorListLength: (call) => sequenceLength(call, sequenceIn(call)),
  TensorListFromTensor: (call) => splitItems(call, { axis: 0, sizes: null, keepAxis: false }),
  TensorListResize: (call) => [{ ...sequenceIn(call), length: scalarOf(call.inputs[1]) ?? sequenceIn(call).length }],
  TensorArrayV3: (call) => {
    const list = reserveItems(call, scalarOf(call.inputs[0]));
    return [list, list];
  },
  TensorArrayScatterV3: (call) =>
    splitItems({ ...call, inputs: [call.inputs[2] ?? null] }, { axis: 0, sizes: null, keepAxis: false }),
  TensorArrayUnpack: (call) =>
    splitItems({ ...call, inputs: [call.inputs[1] ?? null] }, { axis: 0, sizes: null, keepAxis: false }),
  TensorArrayReadV3: (call) => itemAt(call, flowingIn(call, 2), scalarOf(call.inputs[1])),
  TensorArrayWriteV3: (call) => [setItem(call, flowingIn(call, 3), inputAt(call, 2))],
  TensorArrayGatherV3: (call) => joinItems(call, flowingIn(call, 2), 0, true),
  TensorArrayConcatV3: (call) => joinItems(call, flowingIn(call, 1), 0, false),
  TensorArraySizeV3: (call) => sequenceLength(call, flowingIn(call, 1)),
  TensorArrayCloseV3: () => [],
};
