// Comes in: the tensors of a file as it stores them. Goes out: those of the model, with scales, zero points and tables set
// apart as buffers, and a note for each quantiser that was found.
// Add here: a layout of a quantiser is one entry in `integers.ts` or `bytes.ts`.
import type { Note } from '../../../ledger/index.js';
import { bitsOf } from '../../../tensor/dtype.js';
import { bytesOf } from '../../../tensor/index.js';
import type { StoredTensor } from '../stored.js';
import { bitsIn, elements } from './bits.js';
import { BYTES, SCALES, scaled } from './bytes.js';
import { INTEGERS } from './integers.js';
import type { Hints, Layout, Unpacked } from './types.js';

export type { Hints } from './types.js';

const LAYOUTS: readonly Layout[] = [...INTEGERS, ...BYTES];

export interface Logical {
  readonly tensors: readonly StoredTensor[];
  readonly notes: readonly Note[];
}

/** Sums over the tensors of one quantiser. */
interface Group {
  tensors: number;
  weights: number;
  bits: number;
}

/**
 * The parameters of the model in place of the words that a quantiser packed them into. `hints` is asked only where extents
 * alone do not tell, and may read a configuration.
 */
export function logicalTensors(stored: readonly StoredTensor[], hints: () => Hints): Logical {
  const byName = new Map(stored.map((t) => [t.name, t]));
  const unpacked = new Map<StoredTensor, { readonly name: string; readonly as: Unpacked }>();
  const tables = new Set<StoredTensor>();
  const groups = new Map<string, Group>();
  const keep = (weight: StoredTensor, name: string, as: Unpacked, beside: readonly StoredTensor[]): void => {
    unpacked.set(weight, { name, as });
    const group = groups.get(as.title) ?? { tensors: 0, weights: 0, bits: 0 };
    groups.set(as.title, group);
    group.tensors++;
    group.weights += as.shape.reduce((a, b) => a * b, 1);
    group.bits += bitsIn(weight);
    for (const table of beside) {
      if (table === weight || tables.has(table)) continue;
      tables.add(table);
      group.bits += bitsIn(table);
    }
  };
  for (const layout of LAYOUTS)
    for (const tensor of stored) {
      if (!tensor.name.endsWith(layout.anchor)) continue;
      const base = tensor.name.slice(0, -layout.anchor.length);
      const beside = (suffix: string): StoredTensor | undefined => byName.get(base + suffix);
      const weight = beside(layout.weight ?? layout.anchor);
      if (weight === undefined || unpacked.has(weight)) continue;
      const as = layout.unpack(weight, beside, hints);
      if (as === null) continue;
      const tablesOf = layout.tables.flatMap((t) => beside(t) ?? []);
      keep(weight, base + layout.as, as, tablesOf);
    }
  for (const weight of stored) {
    if (unpacked.has(weight) || tables.has(weight) || bitsOf(weight.dtype) > 8 || weight.dtype === 'bool') continue;
    const found = scalesOf(weight, byName);
    if (found.length === 0) continue;
    const base = weight.name.replace(/\.weight$/, '');
    const as = scaled(weight, (suffix) => byName.get(base + suffix));
    if (as !== null) keep(weight, weight.name, as, found);
    else for (const table of found) tables.add(table);
  }
  if (unpacked.size === 0 && tables.size === 0) return { tensors: stored, notes: [] };
  return { tensors: stored.map(logical), notes: [...notesOf(groups), ...left(tables)] };

  function logical(tensor: StoredTensor): StoredTensor {
    const found = unpacked.get(tensor);
    if (found === undefined) return tables.has(tensor) ? { ...tensor, kind: 'buffer' } : tensor;
    const { shape, dtype } = found.as;
    const bytes = Number(bytesOf({ dtype: tensor.dtype, shape: tensor.shape }));
    return {
      ...tensor,
      name: found.name,
      shape,
      dtype,
      kind: 'parameter',
      ...(Number(bytesOf({ dtype, shape })) === bytes ? {} : { bytes }),
    };
  }
}

/** Scales and the like of a weight of at most 8 bits, by name: `x.weight_scale` of `x.weight`, `y_scale` of `y`. */
function scalesOf({ name }: StoredTensor, byName: ReadonlyMap<string, StoredTensor>): StoredTensor[] {
  const base = name.endsWith('.weight') ? name.slice(0, -'weight'.length) : `${name}_`;
  return SCALES.flatMap((scale) => byName.get(base + scale) ?? []);
}

function notesOf(groups: ReadonlyMap<string, Group>): Note[] {
  return [...groups].map(([title, { tensors, weights, bits }]) => ({
    code: 'quantised-weights',
    message: `${weights.toLocaleString('en-US')} parameters in ${tensors} tensor${tensors === 1 ? '' : 's'} are ${title}: ${(bits / weights).toFixed(3)} bits a weight, with what is kept beside them`,
  }));
}

function left(tables: ReadonlySet<StoredTensor>): Note[] {
  if (tables.size === 0) return [];
  const count = [...tables].reduce((n, t) => n + elements(t), 0);
  return [
    {
      code: 'scales-apart',
      message: `${tables.size} tensor${tables.size === 1 ? '' : 's'} of scales, zero points and tables (${count.toLocaleString('en-US')} elements) are not parameters: they are listed with the buffers`,
    },
  ];
}
