import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { type Device, type Peaks, RATES, type Rate } from './types.js';

/** Other spellings of rates that people write. */
const SPELLINGS: Readonly<Record<string, Rate>> = byName({
  float64: 'fp64',
  double: 'fp64',
  float32: 'fp32',
  float: 'fp32',
  float16: 'fp16',
  half: 'fp16',
  bfloat16: 'bf16',
  float8: 'fp8',
  float4: 'fp4',
});

/** A rate by the name that makers or frameworks give it; null for anything else. */
export function rateNamed(text: string): Rate | null {
  const name = text.trim().toLowerCase();
  const spelled = new Map(Object.entries(SPELLINGS)).get(name);
  return spelled ?? RATES.find((rate) => rate === name) ?? null;
}

const HINT = 'write "name: 82.6T fp32, 330T fp16, 1008GB/s, 24GB"';
const SCALE: Readonly<Record<string, number>> = byName({ '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15, e: 1e18 });
const BINARY: Readonly<Record<string, number>> = byName({ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 });
/** Nothing that anybody describes has more parts. */
const MAX_PARTS = 40;

/**
 * A device in words: a name, a colon, and parts in any order: `82.6T fp32` is a rate (dense, a multiply-accumulate being
 * two operations), `1008GB/s` the bandwidth and `24GB` or `24GiB` the size of its memory. Throws ModelError `argument`.
 */
export function describedDevice(text: string): Device {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(0, colon)).trim();
  const parts = text.slice(colon + 1).split(',');
  if (name === '' || parts.length > MAX_PARTS) throw wrong(`"${text}" does not describe a device`);
  const peak: Partial<Record<Rate, number>> = {};
  let bandwidth: number | null = null;
  let memory: number | null = null;
  for (const part of parts.map((p) => p.trim())) {
    const rate = /^([\d.]+)\s*([kmgtpe]?)(?:(?:fl)?ops?(?:\/s)?)?\s+([a-z]\w*)$/i.exec(part);
    const bytes = /^([\d.]+)\s*([kmgtp]?)(i?)b(\/s)?$/i.exec(part);
    const kind = rate === null ? null : rateNamed(rate[3] as string);
    const twice = (known: number | null | undefined): void => {
      if (known != null) throw wrong(`"${part}" of the device ${name} is said twice`);
    };
    if (rate !== null && kind !== null) {
      twice(peak[kind]);
      peak[kind] = positive(rate[1], SCALE[(rate[2] as string).toLowerCase()], part);
    } else if (bytes !== null) {
      const prefix = (bytes[2] as string).toLowerCase();
      const n = positive(bytes[1], (bytes[3] === '' ? SCALE : BINARY)[prefix], part);
      twice(bytes[4] === undefined ? memory : bandwidth);
      if (bytes[4] === undefined) memory = n;
      else bandwidth = n;
    } else throw wrong(`"${part}" of the device ${name} is not a rate, a bandwidth or a size of memory`);
  }
  return checked({ id: name, name, memory, bandwidth, peak, sparse: null });
}

/**
 * A device as data: `{"name": …, "memory": 24e9, "bandwidth": 1008e9, "peak": {"fp32": 82.6e12}}`; texts with units
 * (`"24GB"`, `"1008GB/s"`, `"82.6T"`) do for the numbers. Throws ModelError `argument`.
 */
export function deviceFromJson(value: unknown): Device {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { name, peak } = given;
  if (typeof name !== 'string' || name.trim() === '')
    throw wrong('a device needs a "name"', '{"name": "my card", "bandwidth": "1008GB/s", "peak": {"fp32": "82.6T"}}');
  const extra = Object.keys(given).find(
    (key) => !['id', 'name', 'memory', 'bandwidth', 'peak', 'sparse', 'notes'].includes(key),
  );
  if (extra !== undefined) throw wrong(`a device has no field "${extra}"`, 'it has name, memory, bandwidth and peak');
  const peaks: Partial<Record<Rate, number>> = {};
  for (const [key, rate] of Object.entries((peak ?? {}) as Readonly<Record<string, unknown>>)) {
    const kind = rateNamed(key);
    if (kind === null) throw wrong(`"${key}" is not a rate of a device`, `rates: ${RATES.join(', ')}`);
    peaks[kind] = amount(rate, `peak.${key}`, 'rate');
  }
  return checked({
    id: typeof given['id'] === 'string' ? given['id'] : name,
    name,
    memory: given['memory'] == null ? null : amount(given['memory'], 'memory', 'memory'),
    bandwidth: given['bandwidth'] == null ? null : amount(given['bandwidth'], 'bandwidth', 'bandwidth'),
    peak: peaks,
    sparse: sparseOf(given['sparse']),
  });
}

/** `{"factor": 2, "rates": ["fp16"]}`. */
function sparseOf(value: unknown): Device['sparse'] {
  if (value == null) return null;
  const { factor, rates } = value as { factor?: unknown; rates?: unknown };
  const named = Array.isArray(rates) ? rates.map((rate) => rateNamed(String(rate))) : [null];
  if (named.includes(null))
    throw wrong('"sparse" of a device names rates that there are not', '{"factor": 2, "rates": ["fp16"]}');
  return { factor: amount(factor, 'sparse.factor', 'factor'), rates: named as Rate[] };
}

/** The unit that an amount is written with, and an example. */
const UNITS = {
  rate: { pattern: /^([\d.]+)\s*([kmgtpe]?)()(?:(?:fl)?ops?(?:\/s)?)?$/i, example: '"82.6T"' },
  bandwidth: { pattern: /^([\d.]+)\s*([kmgtp]?)(i?)b\/s$/i, example: '"1008GB/s"' },
  memory: { pattern: /^([\d.]+)\s*([kmgtp]?)(i?)b$/i, example: '"24GB"' },
  factor: { pattern: /^([\d.]+)()()$/, example: '2' },
} as const;

function amount(value: unknown, field: string, unit: keyof typeof UNITS): number {
  if (typeof value === 'number') return positive(value, 1, field);
  const { pattern, example } = UNITS[unit];
  const match = typeof value === 'string' ? pattern.exec(value.trim()) : null;
  if (match === null)
    throw wrong(`${field} of a device is a number or a text as ${example}, not ${JSON.stringify(value)}`);
  const prefix = (match[2] as string).toLowerCase();
  return positive(match[1], (match[3] === '' ? SCALE : BINARY)[prefix], field);
}

function positive(digits: unknown, scale: number | undefined, what: string): number {
  const n = Number(digits) * (scale ?? Number.NaN);
  if (!Number.isFinite(n) || n <= 0) throw wrong(`${what} is not a number above 0`);
  return n;
}

function checked(device: Device & { readonly peak: Peaks }): Device {
  if (Object.keys(device.peak).length === 0 && device.bandwidth === null)
    throw wrong(`nothing bounds the device ${device.name}: it has neither a rate nor a bandwidth`);
  return device;
}

function wrong(message: string, hint: string = HINT): ModelError {
  return new ModelError('argument', message, { hint });
}
