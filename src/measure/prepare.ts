import { isStatic, toBigInt } from '../dim/index.js';
import { ENCODING_BYTES, encodingOf } from '../formats/onnx/encoding.js';
import { binaryOf } from '../formats/onnx/textual/index.js';
import type { Ledger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import type { Source } from '../source/index.js';
import { type Completion, completeModel } from './complete.js';
import type { FeedSpec } from './feeds.js';

/** A model as a runtime takes it. */
export interface Prepared extends Omit<Completion, 'model'> {
  readonly model: Uint8Array;
  /** Whether the file itself would do as well. */
  readonly unchanged: boolean;
  /** Files beside it that have weights. */
  readonly beside: readonly string[];
}

/** Reads a whole model, in any spelling, and completes it; `inputs`: extents by name. Throws ModelError and SourceError. */
export function prepareSource(source: Source, inputs: ReadonlyMap<string, readonly number[]>): Prepared {
  const spelling = encodingOf(source.read(0, Math.min(source.size, ENCODING_BYTES)));
  const binary = spelling === 'binary' ? source : binaryOf(source, spelling);
  const bytes = binary.read(0, binary.size).slice();
  const beside = new Set<string>();
  const { model, ...rest } = completeModel(
    bytes,
    {
      has(path, offset, length) {
        const file = source.sibling(path);
        const there = file !== undefined && file.size >= offset + (length ?? 0);
        if (there) beside.add(path);
        return there;
      },
    },
    inputs,
  );
  return { ...rest, model: model ?? bytes, unchanged: model === null && spelling === 'binary', beside: [...beside] };
}

/** The inputs that a model is given. Throws ModelError if an input is not a tensor, or of an open size. */
export function specsOf(ledger: Ledger): FeedSpec[] {
  return ledger.inputs.map(({ name, value: { type } }) => {
    if (type === null)
      throw new ModelError('unsupported', `the input ${name} is not a tensor: it cannot be made up`, {
        format: 'onnx',
        hint: 'export the model with tensors as inputs',
      });
    if (!type.shape.every(isStatic))
      throw new ModelError('argument', `the input ${name} is of an open size`, {
        hint: `give its size: --input ${name}=1x3x224x224, or a number for each name in it: --bind`,
      });
    return { name, dtype: type.dtype, shape: type.shape.map((d) => Number(toBigInt(d))) };
  });
}

/** Samples of a run: the first extent of the first input, if it has one that may be a batch. */
export function batchOf(ledger: Ledger): number {
  const shape = ledger.inputs[0]?.value.type?.shape ?? [];
  const [first] = shape;
  return first !== undefined && shape.length > 1 && isStatic(first) ? Number(toBigInt(first)) : 1;
}
