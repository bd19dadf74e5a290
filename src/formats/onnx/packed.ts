import type { DType } from '../../tensor/index.js';
import type { NodeProto, TensorProto } from './schema.js';

/** The real type of a stored tensor of bytes: elements narrower than a byte, packed by the operator that reads them. */
export interface Packed {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

const BITS: Readonly<Record<number, DType>> = { 2: 'uint2', 4: 'uint4', 8: 'uint8' };

type Rule = (int: (name: string, otherwise: number) => number, dims: readonly number[], slot: number) => Packed | null;

function matrix(dtype: DType | undefined, rows: number, columns: number): Packed | null {
  return dtype === undefined || !(rows >= 1) || !(columns >= 1) ? null : { dtype, shape: [rows, columns] };
}

/** The last axis holds several elements a byte. */
function widened(bits: number, dims: readonly number[]): Packed | null {
  const dtype = BITS[bits];
  return dtype === undefined
    ? null
    : { dtype, shape: dims.map((d, i) => (i === dims.length - 1 ? d * (8 / bits) : d)) };
}

/** Operators that pack, with the inputs that are packed. */
const RULES: ReadonlyMap<string, { readonly slots: readonly number[]; readonly of: Rule }> = new Map(
  Object.entries({
    MatMulNBits: { slots: [1], of: (int) => matrix(BITS[int('bits', 4)], int('N', 0), int('K', 0)) },
    MatMulBnb4: { slots: [1], of: (int) => matrix('uint4', int('N', 0), int('K', 0)) },
    MatMulNBitsMlp: { slots: [3, 6], of: (int) => matrix(BITS[int('bits', 4)], int('N', 0), int('K', 0)) },
    MatMulNBitsQkv: {
      slots: [3, 6, 9],
      of: (int, _, slot) => matrix(BITS[int('bits', 4)], int(slot === 3 ? 'Nq' : 'Nkv', 0), int('K', 0)),
    },
    MatMulBlockQuantizedFp4Weight: {
      slots: [1],
      of: (_, dims) => matrix('float4e2m1', dims[0] ?? 0, 2 * (dims[1] ?? 0)),
    },
    GatherBlockQuantized: { slots: [0], of: (int, dims) => widened(int('bits', 4), dims) },
    QMoE: { slots: [2, 5, 8], of: (int, dims) => widened(int('expert_weight_bits', 8), dims) },
  }),
);

const UINT8 = 2;

/** The stored tensors of bytes that are packed, by name. */
export function packedOf(
  nodes: readonly NodeProto[],
  stored: ReadonlyMap<string, TensorProto>,
): ReadonlyMap<string, Packed> {
  const packed = new Map<string, Packed>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as NodeProto;
    const rule = RULES.get(node.opType);
    if (rule === undefined) continue;
    for (const slot of rule.slots) {
      const name = node.input[slot] ?? '';
      const tensor = stored.get(name);
      if (tensor === undefined || tensor.dataType !== UINT8) continue;
      const int = (key: string, otherwise: number): number =>
        Number(node.attribute.find((a) => a.name === key)?.i ?? otherwise);
      const found = rule.of(int, tensor.dims.map(Number), slot);
      if (found) packed.set(name, found);
    }
  }
  return packed;
}
