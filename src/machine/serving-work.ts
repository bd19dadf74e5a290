import { ceildiv, type Dim, exactdiv, isStatic, max, mul, product, sub, sum, toBigInt } from '../dim/index.js';
import { type AnyLedger, copiesIn, costsOf, type OpEntry, times, type Value, type Weight } from '../ledger/index.js';
import { bytesOf, numel } from '../tensor/index.js';

/** Parts of a language model, in the order in which people ask for them. */
export const PARTS = [
  'attention projections',
  'attention',
  'state space',
  'MLP',
  'experts',
  'head',
  'norms, tables and the rest',
] as const;
export type Part = (typeof PARTS)[number];

/** The work of a part of the model in a pass, all layers together. */
export interface PartWork {
  readonly part: Part;
  readonly macs: Dim;
  readonly flops: Dim;
  readonly params: Dim;
  readonly weightBytes: Dim;
}

/**
 * Bytes of weights and cache that a pass reads, each weight once: as it is stored, of a table that is looked up the rows
 * looked up, of routed experts those that are used. With more tokens than one the experts used are an expected number: tokens choose
 * among E experts with equal chance, E·(1 − (1 − k/E)^tokens) of them at least once.
 */
export function storedBytesRead(ledger: AnyLedger): Dim {
  const weights = new Map<Weight, Dim>();
  const cached = new Map<number, Dim>();
  const copies = copiesIn(ledger);
  for (const entry of ledger.entries)
    for (const value of entry.inputs) {
      if (value === null || value.type === null || value.storage.role === 'activation') continue;
      if (value.weight === null) cached.set(value.id, times(copies(entry.call.path), bytesOf(value.type)));
      else {
        const used = times(copies(value.weight.name), readOf(entry, value, value.weight));
        const before = weights.get(value.weight);
        weights.set(value.weight, before === undefined ? used : larger(before, used));
      }
    }
  return sum([...weights.values(), ...cached.values()]);
}

function larger(a: Dim, b: Dim): Dim {
  return isStatic(a) && isStatic(b) ? (toBigInt(a) > toBigInt(b) ? a : b) : max(a, b);
}

function readOf(entry: OpEntry, value: Value, weight: Weight): Dim {
  const type = value.type as NonNullable<Value['type']>;
  const whole = weight.bytes ?? bytesOf(weight);
  if (entry.op === 'embedding') {
    const others = sum(entry.inputs.map((v) => (v !== null && v !== value && v.type !== null ? bytesOf(v.type) : 0)));
    const part = sub(entry.readBytes, others);
    return weight.bytes === undefined ? part : scaled(part, weight.bytes, bytesOf(type));
  }
  const experts = entry.attrs.experts;
  if (experts === undefined || type.shape.length < 2 || entry.inputs[0] === value) return whole;
  const rows = entry.inputs[0]?.type?.shape.slice(0, -1) ?? [];
  const one = exactdiv(numel(type.shape), type.shape[0] as Dim) ?? numel(type.shape);
  const each = scaled(one, weight.bytes ?? bytesOf(weight), numel(type.shape));
  return mul(each, distinct(rows, type.shape[0] as Dim));
}

/** `part` of `of`, in bytes of a whole that takes `bytes`. */
function scaled(part: Dim, bytes: Dim, of: Dim): Dim {
  const exact = exactdiv(mul(part, bytes), of);
  if (exact !== undefined) return exact;
  return ceildiv(mul(part, bytes), of);
}

/** How many different experts rows×k choices meet. */
function distinct(rows: readonly Dim[], experts: Dim): Dim {
  const k = rows.at(-1) ?? 1;
  const tokens = product(rows.slice(0, -1));
  if (!isStatic(tokens) || !isStatic(k) || !isStatic(experts)) return exactMin(mul(tokens, k), experts);
  const [t, n, e] = [Number(toBigInt(tokens)), Number(toBigInt(k)), Number(toBigInt(experts))];
  if (t <= 1) return Math.min(n, e);
  return Math.min(e, Math.ceil(e * (1 - (1 - Math.min(1, n / e)) ** t)));
}
function exactMin(a: Dim, b: Dim): Dim {
  return sub(sum([a, b]), max(a, b));
}

/** Where the work of a pass is: products by what they belong to, all layers of one kind together. */
export function partsOf(ledger: AnyLedger): PartWork[] {
  const head = headOf(ledger);
  const sums = new Map<Part, { macs: Dim[]; flops: Dim[]; weights: Set<Weight> }>(
    PARTS.map((part) => [part, { macs: [], flops: [], weights: new Set<Weight>() }]),
  );
  const taken = new Set<Weight>();
  const copiesOf = copiesIn(ledger);
  for (const { entry, tally, copies } of costsOf(ledger).operators) {
    const into = sums.get(partOf(entry, head)) as { macs: Dim[]; flops: Dim[]; weights: Set<Weight> };
    into.macs.push(times(copies, tally.macs));
    into.flops.push(times(copies, tally.flops));
    for (const value of entry.inputs)
      if (value?.weight && !taken.has(value.weight)) {
        taken.add(value.weight);
        into.weights.add(value.weight);
      }
  }
  const rest = sums.get('norms, tables and the rest') as { weights: Set<Weight> };
  for (const weight of ledger.weights) if (!taken.has(weight)) rest.weights.add(weight);
  return [...sums].flatMap(([part, { macs, flops, weights }]) => {
    const own = [...weights];
    if (macs.length === 0 && own.length === 0) return [];
    return [
      {
        part,
        macs: sum(macs),
        flops: sum(flops),
        params: sum(own.filter((w) => w.kind === 'parameter').map((w) => times(copiesOf(w.name), numel(w.shape)))),
        weightBytes: sum(own.map((w) => times(copiesOf(w.name), w.bytes ?? bytesOf(w)))),
      },
    ];
  });
}

/** The last product of the pass that multiplies with a matrix: the head. */
export function headOf(ledger: AnyLedger): OpEntry | null {
  return (
    ledger.entries.findLast(
      (e) => e.op !== 'embedding' && e.inputs.some((v) => v?.weight?.shape.length === 2 && v.storage.role === 'weight'),
    ) ?? null
  );
}

function partOf(entry: OpEntry, head: OpEntry | null): Part {
  if (entry === head) return 'head';
  const rest = 'norms, tables and the rest';
  const products = entry.result.kind === 'known' && entry.result.work.some((w) => w.kind === 'contraction');
  const path = entry.call.module.path;
  if (!products && entry.op !== 'attention') return /(^|\.)(mamba|mixer|ssm)(\.|$)/.test(path) ? 'state space' : rest;
  // With learned scores that take no value, or a learned bias by distance, it is attention all the same.
  if (entry.op === 'attention') return 'attention';
  const weighted = entry.inputs.some((v) => v?.weight != null);
  if (entry.attrs.experts !== undefined || /expert|router|moe|\.gate$/i.test(path)) return 'experts';
  if (/attn|attention|temporal_block|(^|[._])both/i.test(path) && !/linear_attn/i.test(path))
    return weighted ? 'attention projections' : 'attention';
  if (/mamba|mixer|ssm|rglru|linear_attn|conv_?1d|(^|\.)(short_)?conv(\.|$)/i.test(path)) return 'state space';
  // Every other product with a matrix that is in a layer.
  return weighted && /\.\d+\./.test(`${path}.`) ? 'MLP' : rest;
}
