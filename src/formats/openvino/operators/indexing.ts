import { type Dim, equal, product } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  bucketize,
  copy,
  type Effect,
  embedding,
  embeddingBag,
  fill,
  foldSlice,
  nonMaxSuppression,
  nonzero,
  nothing,
  put,
  type Range,
  range,
  slice,
  typedAs,
  unique,
  view,
  withValue,
} from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { stridedSlice } from '../../subscripts.js';
import { batchedGather, gatherNd } from '../../view-rules.js';
import type { Entry, Operator, Table } from '../operator.js';

/** An axis that is not there is the first at which the stated result fits. */
function gatherAxis(n: Operator, x: TensorType, indices: TensorType, batch: number): number {
  const [known] = n.has(2) ? (n.known(2) ?? []) : [n.int('axis')];
  if (known !== undefined) return axisOf(known, x.shape.length, n.opType);
  const out = n.ports();
  const fits = (axis: number): boolean => {
    const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)];
    return (
      out?.length === shape.length &&
      shape.every((d, i) => (out[i] === -1 ? typeof d !== 'number' : equal(d, out[i] as number)))
    );
  };
  const axis = x.shape.findIndex((_, i) => i >= batch && fits(i));
  if (axis < 0) throw new Unsupported('its axis is in the .bin beside the .xml: put it there', 2);
  return axis;
}

const gatherRule: Entry = {
  weights: [0],
  settings: [2],
  run: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const batch = n.int('batch_dims');
    const axis = gatherAxis(n, x, indices, batch);
    if (batch === 0 && axis === 0 && n.isStored(0) && x.shape.length === 2) return embedding(x, indices);
    return batchedGather(x, indices, axis, batch);
  },
};

/** A mask of bits from a list of zeros and ones. */
function mask(n: Operator, name: string, inverted = false): number {
  return (n.ints(name) ?? []).reduce((bits, one, i) => bits + ((one !== 0) !== inverted ? 2 ** i : 0), 0);
}

/** Here a mask of 1 says that the position is ignored. */
const stridedSliceRule: Entry = {
  settings: [1, 2, 3],
  run: (n) => {
    const x = n.in(0);
    const [begin, end] = [n.value(1), n.value(2)];
    const steps = n.has(3) ? n.known(3) : begin?.map(() => 1);
    if (steps === undefined || begin === undefined || end === undefined) return view('slice', x, n.stated(), null);
    return stridedSlice(
      x,
      begin,
      end,
      steps,
      {
        begin: mask(n, 'begin_mask'),
        end: mask(n, 'end_mask'),
        ellipsis: mask(n, 'ellipsis_mask'),
        newAxis: mask(n, 'new_axis_mask'),
        shrink: mask(n, 'shrink_axis_mask'),
      },
      () => n.fresh(),
    );
  },
};

const sliceRule: Entry = {
  settings: [1, 2, 3, 4],
  run: (n) => {
    const x = n.in(0);
    const [start, stop, steps] = [n.value(1), n.value(2), n.known(3)];
    const axes = n.has(4) ? n.known(4) : start?.map((_, i) => i);
    if (start === undefined || stop === undefined || steps === undefined || axes === undefined)
      return view('slice', x, n.stated(), null);
    const ranges = axes.map(
      (axis, i): Range => ({
        axis: axisOf(axis, x.shape.length, 'Slice'),
        start: start[i] ?? null,
        end: stop[i] ?? null,
        step: steps[i] ?? 1,
      }),
    );
    return withValue(slice(x, ranges), foldSlice(x, ranges));
  },
};

const scatterRule = (by: 'add' | null): Entry => ({
  run: (n) => put('scatter_nd', n.in(0), n.in(2), n.text('reduction', 'none') === 'none' ? by : 'add'),
});

const shapeOfRule: Entry = {
  run: (n) => {
    const { shape } = n.in(0);
    return nothing('shape', [tensor([shape.length], n.dtype('output_type', 'int64'), shape)], { readBytes: 0 });
  },
};

const rangeRule: Entry = {
  run: (n) => {
    const dtype = n.dtype('output_type', n.in(0).dtype);
    const [start, limit, step] = [0, 1, 2].map((i) => n.value(i)?.[0]);
    if (start === undefined || limit === undefined || step === undefined) {
      const stated = n.ports();
      return fill(stated === null || stated.includes(-1) ? [n.fresh()] : [...stated], dtype);
    }
    if (equal(step, 0)) throw n.error('its step is 0');
    const made = range(start, limit, step);
    return fill([made.count], dtype, made.value);
  },
};

const oneHot: Entry = {
  settings: [1, 2, 3],
  run: (n) => {
    const { shape } = n.in(0);
    const axis = n.int('axis', -1);
    const at = axis < 0 ? shape.length + 1 + axis : axis;
    const depth = n.value(1)?.[0] ?? n.stated()[at] ?? n.fresh();
    return fill([...shape.slice(0, at), depth, ...shape.slice(at)], n.opt(2)?.dtype ?? 'float32');
  },
};

/** Boxes that are kept: as many as the file states, else data decide. */
const suppressionRule: Entry = {
  settings: [2, 3, 4, 5],
  run: (n) => {
    const outputs = n.node.layer.outputs.map(({ dtype, dims }, i): TensorType => {
      const stated = n.ports(i);
      return {
        dtype: dtype ?? (i === 0 ? 'int64' : 'float32'),
        shape: (dims ?? []).map((_, k) =>
          stated !== null && (stated[k] ?? -1) >= 0 ? (stated[k] as number) : n.fresh(`boxes${k}`),
        ),
      };
    });
    return { ...nonMaxSuppression([]), outputs };
  },
};

/** Tables of boxes, made of nothing but sizes. */
const priorBoxRule: Entry = {
  run: (n) => {
    const out = n.ports();
    if (out === null || out.includes(-1)) return fill([2, n.fresh('boxes')], n.portType(0, 'float32'));
    return fill([...out], n.portType(0, 'float32'));
  },
};

function bags(n: Operator, rows: readonly Dim[], weighted: number): Effect {
  return embeddingBag(n.in(0), n.in(1), { bags: rows, mode: 'sum', weighted: n.has(weighted) });
}

export const indexing: Table = {
  Gather: gatherRule,
  GatherND: { run: (n) => gatherNd(n.in(0), n.in(1), n.int('batch_dims')) },
  GatherElements: { run: (n) => copy(n.in(0), 'gather', n.in(1).shape) },
  GatherTree: { run: (n) => copy(n.in(0)) },
  StridedSlice: stridedSliceRule,
  Slice: sliceRule,
  ScatterUpdate: scatterRule(null),
  ScatterElementsUpdate: scatterRule(null),
  ScatterNDUpdate: { run: (n) => put('scatter_nd', n.in(0), n.in(2), null) },
  ShapeOf: shapeOfRule,
  Range: rangeRule,
  OneHot: oneHot,
  Eye: { run: (n) => fill(n.stated(), n.dtype('output_type', 'float32')) },
  RandomUniform: {
    settings: [1, 2],
    run: (n) => fill(n.value(0) ?? n.stated(), n.dtype('output_type', 'float32')),
  },
  NonZero: {
    run: (n) => typedAs(nonzero(n.in(0), [n.in(0).shape.length, n.fresh()]), n.dtype('output_type', 'int64')),
  },
  Unique: {
    run: (n) => {
      const x = n.in(0);
      const count = n.fresh();
      const places: TensorType = { dtype: 'int64', shape: [count] };
      return unique(x, [
        { dtype: x.dtype, shape: [count] },
        places,
        { dtype: 'int64', shape: [product(x.shape)] },
        places,
      ]);
    },
  },
  Bucketize: { settings: [1], run: (n) => typedAs(bucketize(n.in(0), n.in(1)), n.dtype('output_type', 'int64')) },
  NonMaxSuppression: suppressionRule,
  MatrixNms: suppressionRule,
  MulticlassNms: suppressionRule,
  DetectionOutput: suppressionRule,
  Proposal: suppressionRule,
  ExperimentalDetectronDetectionOutput: suppressionRule,
  ExperimentalDetectronGenerateProposalsSingleImage: suppressionRule,
  CTCGreedyDecoder: suppressionRule,
  CTCGreedyDecoderSeqLen: suppressionRule,
  PriorBox: priorBoxRule,
  PriorBoxClustered: priorBoxRule,
  RegionYolo: { run: (n) => view('reshape', n.in(0), n.ports()?.includes(-1) === false ? n.stated() : n.in(0).shape) },
  EmbeddingBagPackedSum: { weights: [0], run: (n) => bags(n, n.in(1).shape.slice(0, 1), 2) },
  EmbeddingBagOffsetsSum: { weights: [0], run: (n) => bags(n, n.in(2).shape, 4) },
};
