import {
  eraseItem,
  type GraphValue,
  insertItem,
  isOptional,
  isTensor,
  itemAt,
  joinItems,
  mapItems,
  recordOutputs,
  scalarOf,
  sequenceIn,
  sequenceLength,
  sequenceOf,
  splitItems,
  Unsupported,
} from '../../graph/index.js';

import { nothing } from '../../ops/index.js';

import { byName } from '../../source/by-name.js';

import type { TensorType } from '../../tensor/index.js';
import { bodyOf, type OnnxCall, type OnnxRule } from './info.js';

function int({ node }: OnnxCall, name: string, otherwise: number): number {
  const value = node.attribute.find((a) => a.name === name)?.i;
  return value === undefined ? otherwise : Number(value);
}

/** A position that an input gives, where it is known; the last one where it is left out. */
function positionOf({ inputs }: OnnxCall, i: number): ReturnType<typeof scalarOf> | 'last' {
  const given = inputs[i] ?? null;
  return given === null ? 'last' : scalarOf(given);
}

const map: OnnxRule = (call) => {
  const body = bodyOf(call, 'body');
  return mapItems(call, sequenceIn(call), call.inputs.slice(1), (args) => call.runner.run(body, args, call.frame));
};

const split: OnnxRule = (call) =>
  splitItems(call, {
    axis: int(call, 'axis', 0),
    sizes: call.inputs[1] ?? null,
    keepAxis: isTensor(call.inputs[1]) || int(call, 'keepdims', 1) === 1,
  });

const element: OnnxRule = (call) => {
  const value = call.inputs[0] ?? null;
  const content = isOptional(value) ? value.content : value;
  if (content === null) throw new Unsupported('it takes what an empty optional holds', 0);
  return recordOutputs(call, [content], 'optional_get');
};

const hasElement: OnnxRule = (call) => {
  const value: GraphValue | null = call.inputs[0] ?? null;
  const certain = !isOptional(value) || value.certain;
  const has = isOptional(value) ? value.content !== null : value !== null;
  const out: TensorType = { dtype: 'bool', shape: [], ...(certain ? { value: [Number(has)] } : {}) };
  const { runner, source, node } = call;
  return runner.trace.apply(nothing('optional_has', [out], { readBytes: 0 }), [], {
    ...source,
    outputs: [node.output[0] ?? null],
  });
};

/** Lists and optionals: they hold tensors, and copy none. */
export const sequences: Readonly<Record<string, OnnxRule>> = byName({
  SequenceEmpty: () => [sequenceOf([])],
  SequenceConstruct: ({ inputs }) => [sequenceOf(inputs.filter((i) => i !== null))],
  SequenceInsert: (call) => [insertItem(call, sequenceIn(call), call.inputs[1] as GraphValue, positionOf(call, 2))],
  SequenceErase: (call) => [eraseItem(call, sequenceIn(call), positionOf(call, 1))],
  SequenceAt: (call) => itemAt(call, sequenceIn(call), scalarOf(call.inputs[1])),
  SequenceLength: (call) => sequenceLength(call, sequenceIn(call)),
  SequenceMap: map,
  SplitToSequence: split,
  ConcatFromSequence: (call) => joinItems(call, sequenceIn(call), int(call, 'axis', 0), int(call, 'new_axis', 0) === 1),
  Optional: ({ inputs }) => [{ kind: 'optional', content: inputs[0] ?? null, certain: true }],
  OptionalGetElement: element,
  OptionalHasElement: hasElement,
});
