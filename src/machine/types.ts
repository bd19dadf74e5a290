import type { SourceId } from './data/sources.js';

/**
 * A unit's way of multiplying and adding, as makers list rates: the type of the operands, with `_matrix` for matrix units
 * apart from vector units, and `_acc16` for sums kept in 16 bits where that is faster.
 */
export const RATES = [
  'fp64',
  'fp64_matrix',
  'fp32',
  'fp32_matrix',
  'tf32',
  'bf16',
  'fp16',
  'fp16_acc16',
  'fp8',
  'fp8_acc16',
  'fp6',
  'fp4',
  'int8',
  'int4',
] as const;
export type Rate = (typeof RATES)[number];

export type Peaks = Readonly<Partial<Record<Rate, number>>>;

/** The figures of a machine that a bound needs. */
export interface Device {
  /** Short name for options: `h100-sxm`; the name itself for a device that the user described. */
  readonly id: string;
  readonly name: string;
  /** Bytes of main memory; null if it is not known. Of a machine in several sizes, the largest. */
  readonly memory: number | null;
  /** Bytes a second of main memory; null if it is not known. */
  readonly bandwidth: number | null;
  /** Operations a second without sparsity, a multiply-accumulate being two: FLOP/s, for integers OP/s. */
  readonly peak: Peaks;
  /** How much faster the listed rates are with two of four weights zero: no property of a dense model, so no bound uses it. */
  readonly sparse: { readonly factor: number; readonly rates: readonly Rate[] } | null;
  /** The higher reading where sources disagree: a bound of time must not be too high. */
  readonly high?: { readonly bandwidth?: number; readonly peak?: Peaks };
}

/**
 * How well a figure is known. `datasheet`: the maker's own document was read. `copy`: a quotation of it. `secondary`: a
 * database, an article, a measurement, or arithmetic on other figures.
 */
export type Confidence = 'datasheet' | 'copy' | 'secondary';

/** Where figures of a device come from, and how well they are known. */
export interface FigureSource {
  readonly title: string;
  /** Null if a text was seen whose address is not known. */
  readonly url: string | null;
  readonly confidence: Confidence;
  /** `memory, bandwidth, fp16`. */
  readonly figures: string;
}

/** A device of the table, with where each of its figures comes from. */
export interface ListedDevice extends DeviceFacts {
  readonly sources: readonly FigureSource[];
}

/** The same as the table writes it, sources by their ids. */
export interface DeviceRow extends DeviceFacts {
  readonly sources: readonly (readonly [source: SourceId, confidence: Confidence, figures: string])[];
}

interface DeviceFacts extends Device {
  readonly vendor: string;
  readonly kind: 'gpu' | 'tpu' | 'npu' | 'soc' | 'cpu';
  readonly year: number | null;
  /** Bytes a second to other devices, both directions together. */
  readonly interconnect?: { readonly name: string; readonly bandwidth: number };
  /** The most that a board or module draws. */
  readonly watts?: number;
  readonly notes?: readonly string[];
}
