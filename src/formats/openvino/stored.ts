import type { Dim } from '../../dim/index.js';
import type { Trace, Value, Weight } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import { isControl } from './control.js';
import type { IrGraph, IrNode } from './ir.js';
import { entryOf } from './operators/index.js';

/** Contents that may decide shapes: integers are few there, floats are scales and steps. */
const MAX_INTEGERS = 1024;
const MAX_FLOATS = 16;

/** Constants as values. Those of the same bytes are one weight. */
export class StoredTensors {
  readonly #trace: Trace;
  readonly #bin: () => Source | undefined;
  readonly #weights = new Set<IrNode>();
  readonly #byPlace = new Map<string, Value>();
  #asked = false;
  #found: Source | undefined;

  constructor(trace: Trace, source: Source) {
    this.#trace = trace;
    this.#bin = () => {
      if (!this.#asked) this.#found = source.sibling(binOf(source.name));
      this.#asked = true;
      return this.#found;
    };
  }

  /** Bytes that were read of the `.bin`. */
  get bytesRead(): number {
    return this.#found?.bytesRead ?? 0;
  }

  /**
   * Tells weights from other constants by what reads them: a weight by an operator's definition, also through operators
   * that pass it on; else real numbers of more than one element that go into arithmetic. Scales and zero points of a weight are neither.
   */
  look(graph: IrGraph): void {
    const used = new Set<string>();
    const added = new Set<string>();
    for (let k = graph.nodes.length - 1; k >= 0; k--) {
      const node = graph.nodes[k] as IrNode;
      const entry = entryOf(node);
      const [out = ''] = node.output;
      const isWeight = used.has(out);
      const first = isWeight && (entry?.passes === true || SCALED.has(node.opType)) ? this.#main(node, graph) : -1;
      for (const [i, name] of node.input.entries()) {
        if (entry?.weights?.includes(i) || i === first) used.add(name);
        else if (first >= 0 || entry?.settings?.includes(i) || isControl(node.opType)) continue;
        else if (entry?.passes !== true || added.has(out)) added.add(name);
      }
    }
    for (const [name, constant] of graph.constants)
      if (used.has(name) || (added.has(name) && isReal(constant))) this.#weights.add(constant);
  }

  /** Of a weight that is scaled and shifted, the input with the weight itself: the one that is larger. */
  #main(node: IrNode, graph: IrGraph): number {
    if (!SCALED.has(node.opType) || node.input.length < 2) return 0;
    const [a, b] = node.input.map((name) => elements(graph.ports.get(name)?.dims ?? []));
    return (b ?? 0) > (a ?? 0) && node.opType !== 'FakeQuantize' ? 1 : 0;
  }

  value(name: string, node: IrNode): Value {
    const { data, outputs } = node.layer;
    const dtype = outputs[0]?.dtype ?? null;
    const shape = outputs[0]?.dims ?? [];
    if (dtype === null || shape.some((d) => d < 0)) return this.#trace.opaque(name, 'weight');
    const type: TensorType = { dtype, shape };
    const offset = Number(data['offset'] ?? Number.NaN);
    if (!this.#weights.has(node)) return this.#trace.constant(name, { ...type, ...this.#contents(offset, type) });
    const key = Number.isFinite(offset) ? `${offset} ${dtype} ${shape.join('x')}` : null;
    const known = key === null || shape.includes(0) ? undefined : this.#byPlace.get(key);
    if (known?.weight) {
      (known.weight.aliases as string[]).push(weightName(name));
      return known;
    }
    const weight: Weight = { name: weightName(name), aliases: [], kind: 'parameter', trainable: null, ...type };
    const value = this.#trace.weight(weight);
    if (key !== null) this.#byPlace.set(key, value);
    return value;
  }

  #contents(offset: number, { dtype, shape }: TensorType): { readonly value?: readonly Dim[] } {
    const count = elements(shape as readonly number[]);
    const read = READERS[dtype];
    if (read === undefined || count > (isFloating(dtype) ? MAX_FLOATS : MAX_INTEGERS)) return {};
    if (!Number.isSafeInteger(offset) || offset < 0) return {};
    const bin = this.#bin();
    if (bin === undefined || offset + count * read.bytes > bin.size) return {};
    const bytes = bin.read(offset, offset + count * read.bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value = Array.from({ length: count }, (_, i) => read.at(view, i * read.bytes));
    return value.every(Number.isFinite) ? { value } : {};
  }
}

/** Operators that make a weight of what is stored: its scale, its zero point, its range. */
const SCALED = new Set(['Multiply', 'Subtract', 'FakeQuantize']);

function isReal(node: IrNode): boolean {
  const [port] = node.layer.outputs;
  return port?.dtype != null && isFloating(port.dtype) && elements(port.dims ?? []) > 1;
}

function elements(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** `model.xml` has its constants in `model.bin`. */
function binOf(name: string): string {
  return `${name
    .replace(/[?#].*$/, '')
    .replace(/^.*[/\\]/, '')
    .replace(/\.xml$/i, '')}.bin`;
}

/** As the framework named it: what the exporter put around it is left out. */
function weightName(name: string): string {
  return name.replace(/_compressed$/, '').replace(/^(?:self\.|__module\.)/, '') || name;
}

const READERS: Partial<Record<DType, { readonly bytes: number; at(view: DataView, at: number): number }>> = {
  int64: { bytes: 8, at: (v, at) => Number(v.getBigInt64(at, true)) },
  uint64: { bytes: 8, at: (v, at) => Number(v.getBigUint64(at, true)) },
  int32: { bytes: 4, at: (v, at) => v.getInt32(at, true) },
  uint32: { bytes: 4, at: (v, at) => v.getUint32(at, true) },
  int16: { bytes: 2, at: (v, at) => v.getInt16(at, true) },
  int8: { bytes: 1, at: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, at: (v, at) => v.getUint8(at) },
  bool: { bytes: 1, at: (v, at) => Number(v.getUint8(at) !== 0) },
  float32: { bytes: 4, at: (v, at) => v.getFloat32(at, true) },
};
