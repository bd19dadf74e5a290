import { bytes, quantity, type Report, type ReportCount } from '../report/index.js';

export type MeasureId = 'macs' | 'flops' | 'params' | 'weights' | 'peak' | 'cache' | 'training';

/** Something that a budget may limit. */
export interface Measure {
  readonly id: MeasureId;
  readonly title: string;
  /** Null if this model has no such number. */
  readonly of: (report: Report) => ReportCount | null;
  readonly show: (count: ReportCount) => string;
  /** Why a model may have no such number, and what to do. */
  readonly missing: string;
}

const NO_GRAPH = 'the file holds weights and no graph';

/** In the order in which people ask for them. */
export const MEASURES: readonly Measure[] = [
  { id: 'macs', title: 'MACs', of: (r) => r.totals.macs, show: quantity, missing: NO_GRAPH },
  { id: 'flops', title: 'FLOPs', of: (r) => r.totals.flops, show: quantity, missing: NO_GRAPH },
  { id: 'params', title: 'params', of: (r) => r.totals.params, show: quantity, missing: '' },
  {
    id: 'weights',
    title: 'weights',
    of: (r) => r.serving?.weightBytes ?? r.totals.weightBytes,
    show: bytes,
    missing: '',
  },
  {
    id: 'peak',
    title: 'peak activations',
    of: (r) => r.totals.peakActivationBytes,
    show: bytes,
    missing: 'free dimensions leave it open (bind them), or the file holds weights and no graph',
  },
  {
    id: 'cache',
    title: 'KV cache',
    of: (r) => r.serving?.cacheBytesAtContext ?? null,
    show: bytes,
    missing: 'only language models keep one',
  },
  {
    id: 'training',
    title: 'training peak',
    of: (r) => r.training?.peakBytes ?? null,
    show: bytes,
    missing: 'free dimensions leave it open (bind them), or the file holds weights and no graph',
  },
];
