import { type Dim, isStatic } from '../dim/index.js';
import type { Serving } from '../machine/serving.js';
import { countOf } from './build.js';
import type { ReportExtent, ReportServing } from './types.js';

/** The same as data: counts as exact integers, or as formulas in what is free. */
export function servingOut(s: Serving): ReportServing {
  const extent = (d: Dim): ReportExtent => (isStatic(d) ? d : String(d));
  return {
    cacheElements: countOf(s.cacheElements),
    cacheBytes: countOf(s.cacheBytes),
    weightBytes: countOf(s.weightBytes),
    activeParams: countOf(s.activeParams),
    activeParamsWithoutEmbeddings: countOf(s.activeParamsWithoutEmbeddings),
    phases: s.phases.map((p) => ({
      name: p.name,
      sequence: extent(p.sequence),
      past: extent(p.past),
      macs: countOf(p.macs),
      flops: countOf(p.flops),
      readBytes: countOf(p.readBytes),
    })),
  };
}
