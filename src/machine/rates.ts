import type { DType } from '../tensor/index.js';
import { type Device, type Peaks, RATES, type Rate } from './types.js';

/** Bits of an element that is stored to be multiplied at a rate. */
export const RATE_BITS: Readonly<Record<Rate, number>> = {
  fp64: 64,
  fp64_matrix: 64,
  fp32: 32,
  fp32_matrix: 32,
  tf32: 32,
  bf16: 16,
  fp16: 16,
  fp16_acc16: 16,
  fp8: 8,
  fp8_acc16: 8,
  fp6: 6,
  fp4: 4,
  int8: 8,
  int4: 4,
};

/** The same operands in other units, or with narrower sums: a bound takes the fastest. */
const VARIANTS: Readonly<Partial<Record<Rate, readonly Rate[]>>> = {
  fp64: ['fp64_matrix'],
  fp32: ['fp32_matrix'],
  fp16: ['fp16_acc16'],
  fp8: ['fp8_acc16'],
};

/**
 * What operands can be computed as: their own type, or a wider one that they are converted to first, whichever is fastest
 * (float16 on a card with a token float16 unit runs in float32).
 */
const WIDER: Readonly<Partial<Record<Rate, readonly Rate[]>>> = {
  fp32: ['fp64'],
  tf32: ['fp32'],
  fp16: ['fp32'],
  bf16: ['fp32'],
  fp8: ['fp16', 'bf16', 'fp32'],
  fp6: ['fp8', 'fp16', 'bf16', 'fp32'],
  fp4: ['fp6', 'fp8', 'fp16', 'bf16', 'fp32'],
  int8: ['fp16', 'bf16', 'fp32'],
  int4: ['int8', 'fp16', 'bf16', 'fp32'],
};

export interface RateOf {
  readonly rate: Rate;
  /** Operations a second, dense. */
  readonly perSecond: number;
}

/**
 * The rate at which a device computes with operands of a type, as it is or as a bound has to take it. A device that states
 * none that fits is taken to be no slower than at its fastest, so that a bound stays a bound; null if it states nothing.
 */
export function rateOf(device: Device, dtype: DType): RateOf | null {
  const own = RATE_OF[dtype] ?? null;
  return (own === null ? null : widestRate(device, own)) ?? fastest(device, Object.keys(device.peak) as Rate[]);
}

/** The fastest way to compute with operands of a rate's type; null if the device states none. */
export function widestRate(device: Device, rate: Rate): RateOf | null {
  return fastest(device, [rate, ...(WIDER[rate] ?? [])]);
}

/** The highest dense reading of one rate; null if a device has none. */
export function peakOf(device: Device, rate: Rate): number | null {
  const read = (peaks: Peaks | undefined): number[] =>
    [rate, ...(VARIANTS[rate] ?? [])].flatMap((name) => peaks?.[name] ?? []);
  const found = [...read(device.peak), ...read(device.high?.peak)];
  return found.length === 0 ? null : Math.max(...found);
}

/** One roof of a device. */
export interface PeakOf {
  /** `fp16`, or `fp16 sparse`. */
  readonly id: string;
  readonly rate: Rate;
  readonly sparse: boolean;
  /** Operations a second. */
  readonly perSecond: number;
}

/** The rates of a device one by one, each with what sparsity makes of it after it. */
export function peaksOf({ peak, high, sparse }: Device): PeakOf[] {
  return RATES.flatMap((rate) => {
    const dense = Math.max(peak[rate] ?? 0, high?.peak?.[rate] ?? 0);
    if (dense === 0) return [];
    const own = { id: rate, rate, sparse: false, perSecond: dense };
    if (sparse === null || !sparse.rates.includes(rate)) return [own];
    return [own, { id: `${rate} sparse`, rate, sparse: true, perSecond: dense * sparse.factor }];
  });
}

/** Bytes a second of main memory, the highest reading. */
export function bandwidthOf(device: Device): number | null {
  const { bandwidth, high } = device;
  return bandwidth === null ? (high?.bandwidth ?? null) : Math.max(bandwidth, high?.bandwidth ?? 0);
}

const RATE_OF: Readonly<Partial<Record<DType, Rate>>> = {
  float64: 'fp64',
  complex128: 'fp64',
  float32: 'fp32',
  complex64: 'fp32',
  float16: 'fp16',
  bfloat16: 'bf16',
  float8e4m3fn: 'fp8',
  float8e4m3fnuz: 'fp8',
  float8e5m2: 'fp8',
  float8e5m2fnuz: 'fp8',
  float8e8m0: 'fp8',
  float4e2m1: 'fp4',
  int8: 'int8',
  uint8: 'int8',
  bool: 'int8',
  int4: 'int4',
  uint4: 'int4',
  int2: 'int4',
  uint2: 'int4',
};

function fastest(device: Device, rates: readonly Rate[]): RateOf | null {
  let best: RateOf | null = null;
  for (const rate of rates) {
    const perSecond = peakOf(device, rate);
    if (perSecond !== null && (best === null || perSecond > best.perSecond)) best = { rate, perSecond };
  }
  return best;
}
