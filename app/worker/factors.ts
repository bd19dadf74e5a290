import type { Dim, Ledger } from 'opcount';

type Entry = Ledger['entries'][number];

/** One factor of the multiply-accumulates of an operator. */
export interface DimFactor {
  readonly label: string;
  readonly dim: Dim;
}

/** Labels for the spatial axes of an output, from the last: width, height, depth. */
const SPATIAL = ['out width', 'out height', 'out depth'] as const;

type Spell = (entry: Entry) => DimFactor[] | null;

/**
 * How the products of an operator are spelled as one product, for people. It is a proposal only: the caller shows it where
 * it multiplies out to the count that the ledger has, so a wrong spelling can never show a wrong number.
 */
const SPELLINGS: Readonly<Record<string, Spell>> = {
  conv: (entry) => windows(entry, entry.outputs[0]?.type?.shape, 'out'),
  conv_transpose: (entry) => windows(entry, entry.inputs[0]?.type?.shape, 'in'),
  linear: (entry) => {
    const rows = entry.inputs[0]?.type?.shape.slice(0, -1);
    const { in_features: from, out_features: to } = entry.attrs;
    if (rows === undefined || !isDim(from) || !isDim(to)) return null;
    return [...rows.map((dim) => ({ label: 'rows', dim })), { label: 'in', dim: from }, { label: 'out', dim: to }];
  },
  matmul: (entry) => {
    const out = entry.outputs[0]?.type?.shape;
    const k = entry.inputs[0]?.type?.shape.at(-1);
    if (out === undefined || k === undefined) return null;
    const labels = ['n', 'm'];
    return [...out.map((dim, i) => ({ label: labels[out.length - 1 - i] ?? 'batch', dim })), { label: 'k', dim: k }];
  },
  attention: (entry) => {
    const { batch, lq, lk, d, dv } = entry.attrs;
    if (!Array.isArray(batch) || !isDim(lq) || !isDim(lk) || !isDim(d) || !isDim(dv) || String(d) !== String(dv))
      return null;
    return [
      { label: 'Q·Kᵀ and A·V', dim: 2 },
      ...batch.filter(isDim).map((dim) => ({ label: 'batch, heads', dim })),
      { label: 'queries', dim: lq },
      { label: 'keys', dim: lk },
      { label: 'depth', dim: d },
    ];
  },
};

export function factorsOf(entry: Entry): DimFactor[] | null {
  return SPELLINGS[entry.op]?.(entry) ?? null;
}

/** The weight is C_out × C_in/groups × kernel, or for a transposed one C_in × C_out/groups × kernel. */
function windows(entry: Entry, shape: readonly Dim[] | undefined, side: 'in' | 'out'): DimFactor[] | null {
  const kernel = entry.attrs['kernel'];
  const weight = entry.inputs[1]?.type?.shape;
  if (!Array.isArray(kernel) || weight === undefined || shape === undefined) return null;
  const axes = kernel.length;
  const batch = shape.slice(0, -axes - 1);
  const spatial = shape.slice(-axes);
  const grouped = entry.attrs['groups'] !== 1;
  const [first, second] = weight;
  if (first === undefined || second === undefined) return null;
  const [outer, inner] = side === 'out' ? ['C_out', 'C_in'] : ['C_in', 'C_out'];
  return [
    ...batch.map((dim) => ({ label: 'batch', dim })),
    { label: outer as string, dim: first },
    { label: grouped ? `${inner}/groups` : (inner as string), dim: second },
    ...kernel.filter(isDim).map((dim) => ({ label: 'kernel', dim })),
    ...spatial.map((dim, i) => ({
      label: (SPATIAL[axes - 1 - i] ?? 'out').replace('out', side),
      dim,
    })),
  ];
}

function isDim(value: unknown): value is Dim {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (typeof value === 'object' && value !== null && 'terms' in value)
  );
}
