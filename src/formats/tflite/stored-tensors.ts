import type { Dim } from '../../dim/index.js';
import type { Trace, Value, Weight } from '../../ledger/index.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import { control } from './control.js';
import { flexNode } from './flex.js';
import { entryOf } from './operators/index.js';
import type { SubGraph, TfliteFile, TfliteTensor } from './schema.js';

/** Contents that may decide shapes: integers are few there, floats are scales and steps. */
const MAX_INTEGERS = 1024;
const MAX_FLOATS = 16;

type Role = 'parameter' | 'constant';

/** The tensors that a file stores, as values: those of one buffer are one weight. */
export class StoredTensors {
  readonly #trace: Trace;
  readonly #file: TfliteFile;
  readonly #roles = new Map<TfliteTensor, Role>();
  readonly #byBuffer = new Map<string, Value>();

  constructor(trace: Trace, file: TfliteFile) {
    this.#trace = trace;
    this.#file = file;
    for (const graph of file.subgraphs) this.#look(graph);
  }

  /**
   * Tells weights from other tensors by what reads them: weights by an operator's definition, also through operators that
   * pass them on; else real numbers of more than one element that go into arithmetic.
   */
  #look(graph: SubGraph): void {
    const weights = new Set<string>();
    for (const node of [...graph.nodes].reverse()) {
      const entry = entryOf(node.opType) ?? flexNode(node)?.entry;
      const passed = entry?.passes === true && weights.has(node.output[0] ?? '');
      for (const [i, name] of node.input.entries()) {
        const tensor = graph.byName.get(name);
        if (tensor === undefined) continue;
        if (entry?.weights?.includes(i) || (passed && i === 0)) weights.add(name);
        else if (entry?.passes === true || control(node.opType) !== undefined) continue;
        else if (!isReal(tensor) || tensor.shape.reduce((a, b) => a * b, 1) <= 1) continue;
        if (this.#roles.get(tensor) !== 'parameter') this.#roles.set(tensor, 'parameter');
      }
    }
  }

  value(name: string, tensor: TfliteTensor): Value {
    if (tensor.dtype === null) return this.#trace.opaque(name, 'weight');
    const type = { dtype: tensor.dtype, shape: tensor.shape };
    if (this.#roles.get(tensor) !== 'parameter' || tensor.variable)
      return this.#trace.constant(name, { ...type, ...this.#contents(tensor.buffer, type) });
    const key = `${tensor.buffer} ${tensor.dtype} ${tensor.shape.join('x')}`;
    const known = tensor.buffer === 0 ? undefined : this.#byBuffer.get(key);
    if (known?.weight) return known;
    const bytes = tensor.sparse ? this.#file.contents(tensor.buffer)?.length : undefined;
    const weight: Weight = { name, aliases: [], kind: 'parameter', trainable: null, ...type, ...(bytes && { bytes }) };
    const value = this.#trace.weight(weight);
    this.#byBuffer.set(key, value);
    return value;
  }

  #contents(buffer: number, { dtype, shape }: TensorType): { readonly value?: readonly Dim[] } {
    const count = shape.reduce<number>((n, d) => n * Number(d), 1);
    const read = READERS[dtype];
    if (read === undefined || count > (isFloating(dtype) ? MAX_FLOATS : MAX_INTEGERS)) return {};
    const place = this.#file.contents(buffer);
    if (place === null || place.length !== count * read.bytes) return {};
    const bytes = this.#file.source.read(place.start, place.start + place.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value = Array.from({ length: count }, (_, i) => read.at(view, i * read.bytes));
    return value.every(Number.isFinite) ? { value } : {};
  }
}

/** Real numbers, or integers that stand for them. */
function isReal(tensor: TfliteTensor): boolean {
  return tensor.dtype !== null && (isFloating(tensor.dtype) || tensor.quantized);
}

const READERS: Partial<Record<DType, { readonly bytes: number; at(view: DataView, at: number): number }>> = {
  int32: { bytes: 4, at: (v, at) => v.getInt32(at, true) },
  int64: { bytes: 8, at: (v, at) => Number(v.getBigInt64(at, true)) },
  int16: { bytes: 2, at: (v, at) => v.getInt16(at, true) },
  int8: { bytes: 1, at: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, at: (v, at) => v.getUint8(at) },
  bool: { bytes: 1, at: (v, at) => Number(v.getUint8(at) !== 0) },
  float32: { bytes: 4, at: (v, at) => v.getFloat32(at, true) },
};
