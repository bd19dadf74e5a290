import type { Serving } from '../machine/serving.js';
import { TEXT } from './encode.js';
import type { ReportServing } from './types.js';

/** The same as data: counts as exact integers, or as formulas in what is free. */
export function servingOut(s: Serving): ReportServing {
  const { count, extent } = TEXT;
  return {
    cacheElements: count(s.cacheElements),
    cacheBytes: count(s.cacheBytes),
    weightBytes: count(s.weightBytes),
    activeParams: count(s.activeParams),
    activeParamsWithoutEmbeddings: count(s.activeParamsWithoutEmbeddings),
    phases: s.phases.map((p) => ({
      name: p.name,
      sequence: extent(p.sequence),
      past: extent(p.past),
      macs: count(p.macs),
      flops: count(p.flops),
      readBytes: count(p.readBytes),
    })),
  };
}
