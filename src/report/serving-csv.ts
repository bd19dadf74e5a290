import { ModelError } from '../source/errors.js';
import { csvField } from './escape.js';
import type { Report, ReportPhase, ReportServing } from './types.js';

type Row = readonly [of: string, figure: string, value: unknown];

/** Serving figures as RFC 4180, a row each: what it is of, which figure, and the value with all digits. */
export function servingCsv({ serving, totals }: Report): string {
  if (serving === undefined) throw new ModelError('argument', 'this report has no serving figures');
  const rows: Row[] = [
    ['of', 'figure', 'value'],
    ...modelRows(serving, totals.params),
    ...serving.phases.flatMap((p) => phaseRows(p.name, p)),
    ...(serving.absorbed === undefined ? [] : phaseRows('decode, latents absorbed', serving.absorbed)),
    ...serving.parts.flatMap(({ part, ...figures }) => Object.entries(figures).map(([k, v]): Row => [part, k, v])),
    ...Object.entries(serving.tensorParallel ?? {}).map(([k, v]): Row => ['tensor parallel', k, v]),
    ...(serving.devices ?? []).flatMap(({ name, ...figures }) =>
      Object.entries(figures).map(([k, v]): Row => [name, k, v]),
    ),
  ];
  return rows.map((row) => `${row.map((v) => csvField(v === null ? '' : String(v))).join(',')}\r\n`).join('');
}

function modelRows(s: ReportServing, params: unknown): Row[] {
  const figures = {
    batch: s.batch,
    context: s.context,
    params,
    activeParams: s.activeParams,
    activeParamsWithoutEmbeddings: s.activeParamsWithoutEmbeddings,
    weightBytes: s.weightBytes,
    weightFormat: s.weightFormat,
    cacheElements: s.cacheElements,
    cacheBytes: s.cacheBytes,
    cacheBytesPerToken: s.cacheBytesPerToken,
    cacheBytesAtContext: s.cacheBytesAtContext,
    kvFormat: s.kvFormat,
  };
  return Object.entries(figures).map(([k, v]): Row => ['model', k, v]);
}
function phaseRows(name: string, p: Omit<ReportPhase, 'name'>): Row[] {
  const { sequence, past, macs, flops, readBytes, intensity, activationBytes } = p;
  const figures = { sequence, past, macs, flops, readBytes, intensity, activationBytes };
  return Object.entries(figures).map(([k, v]): Row => [name, k, v]);
}
