// Files that the benchmarks make for themselves: real graphs with zero weights, and chains of any length.
import { closeSync, openSync, writeSync } from 'node:fs';
import { bytes, fields, integer, varint } from './protobuf.mjs';

const MODEL = { irVersion: 1, opsetImport: 8, graph: 7, producer: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 };
const FLOAT = 1;

/**
 * Writes an ONNX file whose absent external weights are replaced by zeros inside the file; returns
 * {total, graph}: its bytes, and those that are not weights.
 */
export function withZeroWeights(source, path) {
  let weights = 0;
  const model = [];
  for (const top of fields(source)) {
    if (top.field !== MODEL.graph) model.push(top.raw);
    else
      model.push(
        bytes(
          MODEL.graph,
          [...fields(top.payload)].map((f) => (f.field === GRAPH.initializer ? filled(f) : f.raw)),
        ),
      );
  }
  const whole = Buffer.concat(model);
  const file = openSync(path, 'w');
  for (let at = 0; at < whole.length; at += 1 << 24) writeSync(file, whole, at, Math.min(1 << 24, whole.length - at));
  closeSync(file);
  return { total: whole.length, graph: whole.length - weights };

  function filled(initializer) {
    const parts = [...fields(initializer.payload)];
    if (!parts.some((p) => p.field === TENSOR.externalData)) return initializer.raw;
    const size = dims(parts).reduce((a, b) => a * b, 1) * 4;
    weights += size;
    const kept = parts
      .filter((p) => p.field !== TENSOR.externalData && p.field !== TENSOR.dataLocation)
      .map((p) => p.raw);
    return bytes(GRAPH.initializer, [...kept, bytes(TENSOR.rawData, Buffer.alloc(size))]);
  }
}

function dims(parts) {
  const values = [];
  for (const part of parts.filter((p) => p.field === TENSOR.dims)) {
    const stream = part.payload ?? part.raw.subarray(1);
    let value = 0;
    let scale = 1;
    for (const byte of stream) {
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        values.push(value);
        value = 0;
        scale = 1;
      } else scale *= 128;
    }
  }
  return values;
}

const valueInfo = (field, name, shape) =>
  bytes(field, [
    bytes(1, name),
    bytes(2, [
      bytes(1, [
        integer(1, FLOAT),
        bytes(
          2,
          shape.map((d) => bytes(1, [integer(1, d)])),
        ),
      ]),
    ]),
  ]);

/**
 * Writes a model of one file of `layers` matrix products, each with a weight of `width`² floats that is a hole in the
 * file: gigabytes that take no room on the disk. Returns {total, graph} as `withZeroWeights` does.
 */
export function sparse(path, layers, width) {
  const size = width * width * 4;
  const file = openSync(path, 'w');
  const nodes = Array.from({ length: layers }, (_, i) =>
    bytes(GRAPH.node, [
      bytes(1, i === 0 ? 'x' : `v${i - 1}`),
      bytes(1, `w${i}`),
      bytes(2, i === layers - 1 ? 'y' : `v${i}`),
      bytes(4, 'MatMul'),
    ]),
  );
  const heads = Array.from({ length: layers }, (_, i) => {
    const head = Buffer.concat([
      integer(TENSOR.dims, width),
      integer(TENSOR.dims, width),
      integer(TENSOR.dataType, FLOAT),
      bytes(TENSOR.name, `w${i}`),
      varint((TENSOR.rawData << 3) | 2),
      varint(size),
    ]);
    return Buffer.concat([varint((GRAPH.initializer << 3) | 2), varint(head.length + size), head]);
  });
  const ends = [valueInfo(GRAPH.input, 'x', [1, width]), valueInfo(GRAPH.output, 'y', [1, width])];
  const small = [...nodes, ...heads, ...ends].reduce((sum, part) => sum + part.length, 0);
  let at = 0;
  const put = (part) => {
    writeSync(file, part, 0, part.length, at);
    at += part.length;
  };
  put(Buffer.concat([integer(MODEL.irVersion, 8), varint((MODEL.graph << 3) | 2), varint(small + layers * size)]));
  for (const node of nodes) put(node);
  for (const head of heads) {
    put(head);
    at += size;
  }
  for (const end of ends) put(end);
  put(bytes(MODEL.opsetImport, [integer(2, 17)]));
  closeSync(file);
  return { total: at, graph: at - layers * size };
}

/** An ONNX model of `nodes` operators in a row: convolutions, every `every`-th with a weight of its own, and activations. */
export function chain(nodes, every = 2) {
  const graph = [];
  let last = 'x';
  for (let i = 0; i < nodes; i++) {
    const out = i === nodes - 1 ? 'y' : `v${i}`;
    if (i % every === 0) {
      graph.push(
        bytes(GRAPH.initializer, [
          integer(TENSOR.dims, 8),
          integer(TENSOR.dims, 8),
          integer(TENSOR.dims, 1),
          integer(TENSOR.dims, 1),
          integer(TENSOR.dataType, FLOAT),
          bytes(TENSOR.name, `w${i}`),
          bytes(TENSOR.rawData, Buffer.alloc(256)),
        ]),
      );
      graph.push(
        bytes(GRAPH.node, [
          bytes(1, last),
          bytes(1, `w${i}`),
          bytes(2, out),
          bytes(3, `/block${i >> 4}/conv${i}/Conv`),
          bytes(4, 'Conv'),
        ]),
      );
    } else
      graph.push(
        bytes(GRAPH.node, [bytes(1, last), bytes(2, out), bytes(3, `/block${i >> 4}/relu${i}/Relu`), bytes(4, 'Relu')]),
      );
    last = out;
  }
  return modelOf(Buffer.concat(graph));
}

/** An ONNX model of `nodes` activations in a row that have no names: what there is to a node besides its operator is least. */
export function plainChain(nodes) {
  const pieces = [];
  let piece = [];
  for (let i = 0; i < nodes; i++) {
    const [from, to] = [i === 0 ? 'x' : `v${i - 1}`, i === nodes - 1 ? 'y' : `v${i}`];
    piece.push(bytes(GRAPH.node, [bytes(1, from), bytes(2, to), bytes(4, 'Relu')]));
    if (piece.length < 10_000 && i < nodes - 1) continue;
    pieces.push(Buffer.concat(piece));
    piece = [];
  }
  return modelOf(Buffer.concat(pieces));
}

function modelOf(nodes) {
  const ends = [
    bytes(GRAPH.name, 'chain'),
    valueInfo(GRAPH.input, 'x', [1, 8, 16, 16]),
    valueInfo(GRAPH.output, 'y', [1, 8, 16, 16]),
  ];
  return Buffer.concat([
    integer(MODEL.irVersion, 8),
    bytes(MODEL.opsetImport, [integer(2, 17)]),
    bytes(MODEL.producer, 'opcount bench'),
    bytes(MODEL.graph, Buffer.concat([nodes, ...ends])),
  ]);
}

/** The header of a safetensors file of so many tensors in layers of a hundred; the file ends behind it, as if cut off. */
export function manyTensors(count) {
  const tensors = {};
  for (let i = 0; i < count; i++)
    tensors[`model.layers.${Math.floor(i / 100)}.part${i % 100}.weight`] = {
      dtype: 'F32',
      shape: [8, 8],
      data_offsets: [256 * i, 256 * (i + 1)],
    };
  return { header: Buffer.from(JSON.stringify(tensors)), bytes: 256 * count };
}
