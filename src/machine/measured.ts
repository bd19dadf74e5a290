import { isStatic, toBigInt } from '../dim/index.js';
import { costsOf, type Ledger, nodePath, type OpCost, type OpEntry } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';

/** One kernel of a profile: its name in the runtime's words, the operator where it is said, and the median time of a run. */
interface Kernel {
  readonly name: string;
  readonly op: string | null;
  readonly seconds: number;
}

export interface Measurement {
  readonly source: 'ONNX Runtime' | 'TensorRT';
  readonly runs: number;
  /** Of a whole run, where the profile has it. */
  readonly wholeSeconds: number | null;
  readonly kernels: readonly Kernel[];
}

/** A kernel with the operators of the model that it carries out. */
export interface MeasuredRow {
  readonly name: string;
  /** The place of its operators in the model; null for work of the runtime's own. */
  readonly path: string | null;
  readonly op: string;
  readonly operators: number;
  readonly seconds: number;
  readonly share: number;
  /** Null if a free dimension leaves them open, or no operator of the model belongs to it. */
  readonly macs: bigint | null;
  readonly flops: bigint | null;
  readonly flopsPerSecond: number | null;
}

export interface Measured {
  readonly source: string;
  readonly runs: number;
  /** All kernels together. */
  readonly seconds: number;
  readonly wholeSeconds: number | null;
  /** The slowest first. */
  readonly rows: readonly MeasuredRow[];
  /** Operators that no kernel is named after: folded when the model was loaded, or fused into others. */
  readonly withoutTime: number;
}

/**
 * What stands for many runs of a kernel. Medians do not add up to that of the whole run; means do, over all runs or over the
 * half of them that took the least, which other work on the machine has disturbed least.
 */
export type Typical = 'median' | 'mean' | 'mean of the quieter half';

/**
 * Reads ONNX Runtime's profile (`enable_profiling`) or TensorRT's (`trtexec --exportProfile`). Throws ModelError
 * `malformed`.
 */
export function readMeasurement(value: unknown, typical: Typical = 'median'): Measurement {
  const list = !Array.isArray(value) && isRecord(value) ? value['traceEvents'] : value;
  if (Array.isArray(list)) {
    const events = list.filter(isRecord);
    if (events.some((e) => e['cat'] === 'Node' || e['cat'] === 'Session')) return fromOnnxRuntime(events, typical);
    if (events.some((e) => typeof e['averageMs'] === 'number' || typeof e['timeMs'] === 'number'))
      return fromTensorRt(events);
  }
  throw new ModelError('malformed', 'this is neither a profile of ONNX Runtime nor one of trtexec', {
    hint: 'ONNX Runtime: SessionOptions.enable_profiling; TensorRT: trtexec --dumpProfile --exportProfile=profile.json',
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Events of Chrome's trace format; times in microseconds, an event for each kernel and run. */
function fromOnnxRuntime(events: readonly Readonly<Record<string, unknown>>[], how: Typical): Measurement {
  const found = new Map<string, { op: string | null; times: number[] }>();
  const whole: number[] = [];
  for (const { cat, name, dur, args } of events) {
    if (typeof name !== 'string' || typeof dur !== 'number' || !(dur >= 0)) continue;
    if (cat === 'Session' && name === 'model_run') whole.push(dur);
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const op = isRecord(args) && typeof args['op_name'] === 'string' ? args['op_name'] : null;
    const index = isRecord(args) ? String(args['node_index'] ?? '') : '';
    const own = name.slice(0, -'_kernel_time'.length);
    const key = `${own}\n${index}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { op, times: [dur] });
    else known.times.push(dur);
  }
  if (found.size === 0)
    throw new ModelError('malformed', 'the profile of ONNX Runtime has no kernels: the session never ran', {
      hint: 'run the model before the profile is ended',
    });
  const runs =
    whole.length > 0 ? whole.length : [...found.values()].reduce((n, { times }) => Math.max(n, times.length), 0);
  const typical = typicalOf(how, whole);
  return {
    source: 'ONNX Runtime',
    runs,
    wholeSeconds: whole.length === 0 ? null : typical(whole) / 1e6,
    kernels: [...found].map(([key, { op, times }]) => ({
      name: key.slice(0, key.lastIndexOf('\n')),
      op,
      // In a loop a kernel runs several times a run; each run takes as many of its typical times.
      seconds: (typical(times) * (whole.length > 0 ? Math.max(1, times.length / whole.length) : 1)) / 1e6,
    })),
  };
}

function fromTensorRt(layers: readonly Readonly<Record<string, unknown>>[]): Measurement {
  const count = layers.map((layer) => layer['count']).find((n): n is number => typeof n === 'number');
  const kernels = layers.flatMap(({ name, medianMs, averageMs, timeMs }): Kernel[] => {
    // Of older versions the sum over all runs alone.
    const mean = averageMs ?? (typeof timeMs === 'number' ? timeMs / (count ?? 1) : undefined);
    const ms = typeof medianMs === 'number' ? medianMs : mean;
    return typeof name === 'string' && typeof ms === 'number' && ms >= 0 ? [{ name, op: null, seconds: ms / 1e3 }] : [];
  });
  return { source: 'TensorRT', runs: count ?? 1, wholeSeconds: null, kernels };
}

/** The typical time of something that runs equally often in every run. */
function typicalOf(how: Typical, whole: readonly number[]): (times: readonly number[]) => number {
  if (how === 'median') return median;
  if (how === 'mean' || whole.length < 2) return mean;
  const quieter = whole
    .map((_, run) => run)
    .sort((a, b) => (whole[a] ?? 0) - (whole[b] ?? 0))
    .slice(0, Math.ceil(whole.length / 2));
  return (times) => {
    const each = times.length / whole.length;
    if (!Number.isInteger(each)) return mean(times);
    return mean(quieter.flatMap((run) => times.slice(run * each, (run + 1) * each)));
  };
}

function mean(times: readonly number[]): number {
  return times.reduce((sum, t) => sum + t, 0) / Math.max(1, times.length);
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * Joins kernels to operators: by the names of nodes (several in a fused layer of TensorRT), else by the name of the tensor
 * that a fused kernel of ONNX Runtime makes, which then stands for the operators before it that have no kernel of their own.
 */
export function joinMeasurement(ledger: Ledger, { source, runs, wholeSeconds, kernels }: Measurement): Measured {
  const { operators } = costsOf(ledger);
  const byName = new Map<string, OpCost>();
  const byOutput = new Map<string, OpCost>();
  const makers = new Map<number, OpCost>();
  for (const operator of operators) {
    // A node without a name goes by its first result, as bench names it for the runtime.
    const name = operator.entry.name ?? operator.entry.outputs[0]?.name ?? null;
    if (name !== null) byName.set(name, operator);
    for (const value of operator.entry.outputs) {
      if (value.name !== null) byOutput.set(value.name, operator);
      makers.set(value.id, operator);
    }
  }
  const claimed = new Set<OpCost>();
  const claim = (operator: OpCost): OpCost[] => {
    if (claimed.has(operator)) return [];
    claimed.add(operator);
    return [operator];
  };
  // First what is named, so that what a fused kernel stands for ends at the kernels of others.
  const named = kernels.map((kernel) =>
    namesIn(kernel.name).flatMap((name) => {
      const operator = byName.get(name);
      return operator === undefined ? [] : claim(operator);
    }),
  );
  const groups = kernels.map((kernel, i): OpCost[] => {
    const own = named[i] ?? [];
    const [first] = own;
    const fused = first === undefined || (kernel.op !== null && first.entry.type !== kernel.op);
    if (source !== 'ONNX Runtime' || !fused) return own;
    const last = first ?? byOutput.get(withoutSuffix(kernel.name));
    return last === undefined ? [] : [...own, ...upstream(last, makers, claim)];
  });
  const seconds = kernels.reduce((all, kernel) => all + kernel.seconds, 0);
  const rows = kernels.map((kernel, i) => rowOf(ledger, kernel, groups[i] ?? [], seconds));
  return {
    source,
    runs,
    seconds,
    wholeSeconds,
    rows: rows.sort((a, b) => b.seconds - a.seconds),
    withoutTime: operators.filter((operator) => operator.kind === 'counted' && !claimed.has(operator)).length,
  };
}

/** The names of nodes in that of a kernel: `a + b`, `PWN(PWN(a, b), c)`, `a || b`, `a/MatMulAddFusion`. */
function namesIn(name: string): string[] {
  const own = withoutFusions(name);
  if (own !== name && own !== '') return [name, own];
  const parts = name.split(/\s\+\s|\s?\|\|\s?|,\s|PWN\(|\)|\[|\]|\{|\}/).map((part) => part.trim());
  return [...new Set([name, ...parts])].filter((part) => part !== '');
}

/** The output that a kernel of ONNX Runtime is named by, without what its own passes add. */
function withoutSuffix(name: string): string {
  // Part by part: one pattern for all of them may take the square of a long name.
  const parts = name.split(/(?=_)/);
  for (;;) {
    const last = parts.at(-1) ?? '';
    if (last === '_nchwc' || last === '_fused') parts.pop();
    else if (parts.at(-2) === '_token' && /^_\d+$/.test(last)) parts.splice(-2);
    else return parts.join('');
  }
}

/** A node's name without the `/MatMulAddFusion` that ONNX Runtime adds each time it fuses the node with another. */
function withoutFusions(name: string): string {
  const parts = name.split('/');
  let kept = parts.length;
  let fused = false;
  for (; kept > 1 && /^(\w+Fusion)?$/.test(parts[kept - 1] ?? ''); kept--) fused ||= parts[kept - 1] !== '';
  return fused ? parts.slice(0, kept).join('/') : name;
}

/** An operator and those before it that no kernel has, as far as they lead to nothing else. */
function upstream(
  last: OpCost,
  makers: ReadonlyMap<number, OpCost>,
  claim: (operator: OpCost) => OpCost[],
): readonly OpCost[] {
  const found: OpCost[] = [];
  const open: OpCost[] = [last];
  for (let operator = open.pop(); operator !== undefined; operator = open.pop()) {
    const [own] = claim(operator);
    if (own === undefined) continue;
    found.push(own);
    for (const value of own.entry.inputs) {
      const maker = value === null ? undefined : makers.get(value.id);
      if (maker !== undefined) open.push(maker);
    }
  }
  return found;
}

function rowOf(ledger: Ledger, kernel: Kernel, group: readonly OpCost[], whole: number): MeasuredRow {
  // A fused kernel is where most of its work is.
  const size = ({ tally }: OpCost): number => (isStatic(tally.flops) ? Number(tally.flops) : 0);
  const main: OpEntry | null = [...group].sort((a, b) => size(b) - size(a))[0]?.entry ?? null;
  const total = (of: (operator: OpCost) => bigint | null): bigint | null =>
    group.reduce<bigint | null>((sum, operator) => {
      const n = of(operator);
      return sum === null || n === null ? null : sum + n;
    }, 0n);
  const known = group.length > 0;
  const macs = known ? total(({ tally }) => (isStatic(tally.macs) ? toBigInt(tally.macs) : null)) : null;
  const flops = known ? total(({ tally }) => (isStatic(tally.flops) ? toBigInt(tally.flops) : null)) : null;
  return {
    name: kernel.name,
    path: main === null ? null : nodePath(ledger, main),
    op: kernel.op ?? group.map(({ entry }) => entry.type).join(' + '),
    operators: group.length,
    seconds: kernel.seconds,
    share: whole === 0 ? 0 : kernel.seconds / whole,
    macs,
    flops,
    flopsPerSecond: flops === null || kernel.seconds === 0 ? null : Number(flops) / kernel.seconds,
  };
}
