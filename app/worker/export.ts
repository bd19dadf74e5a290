import { type Dim, type Ledger, profile, report, toJson } from 'opcount';
import { bindLedger, costsOf, totalsOf } from 'opcount/ledger';
import type { Bindings, Reply, Request } from './protocol.js';

type ExportRequest = Extract<Request, { kind: 'export' }>;
type Exported = Reply<ExportRequest>;

/** A report of the model at the bindings, in the words of the command line. */
export async function exported(ledger: Ledger, request: ExportRequest): Promise<Exported> {
  const bound = bindLedger(ledger, new Map(Object.entries(request.bind)));
  if (request.format === 'netron')
    return { text: netronAttachment(bound), type: 'application/json', extension: 'netron.json' };
  const data = await profile(bound, { conventions: request.conventions });
  const types = {
    csv: 'text/csv',
    json: 'application/json',
    md: 'text/markdown',
    html: 'text/html',
    latex: 'application/x-tex',
  } as const;
  return {
    text: report(data, request.format, { depth: request.format === 'html' ? 6 : 3 }),
    type: types[request.format],
    extension: request.format === 'latex' ? 'tex' : request.format,
  };
}

/**
 * The attachment that Netron shows beside a model once it is dropped on it: a list of
 * `{kind, target, name, value}`, the target being a node's name in the file, and empty for the model.
 */
function netronAttachment(ledger: Ledger): string {
  const metrics: { kind: 'model' | 'node'; target: string; name: string; value: number }[] = [];
  const put = (kind: 'model' | 'node', target: string, counts: Readonly<Record<string, Dim>>): void => {
    for (const [name, count] of Object.entries(counts))
      if (typeof count !== 'object') metrics.push({ kind, target, name, value: Number(count) });
  };
  const totals = totalsOf(ledger);
  put('model', '', {
    parameters: totals.params,
    MACs: totals.macs,
    FLOPs: totals.flops,
    'peak activation bytes': totals.peak.bytes ?? 0,
  });
  for (const { entry, tally, kind } of costsOf(ledger).operators) {
    // A name with a line break reaches Netron cut, and one without a name not at all.
    if (entry.name === null || entry.name === '' || entry.name.includes('\n') || kind === 'unknown') continue;
    put('node', entry.name, {
      MACs: tally.macs,
      FLOPs: tally.flops,
      'bytes read': entry.readBytes,
      'bytes written': entry.writeBytes,
    });
  }
  return toJson({ signature: 'netron:attachment', metrics });
}

/** Totals to the last digit, for those that a double cannot hold: MACs, FLOPs, params. */
export function exactCounts(ledger: Ledger, bind: Bindings): readonly string[] {
  const totals = totalsOf(bindLedger(ledger, new Map(Object.entries(bind))));
  return [totals.macs, totals.flops, totals.params].map(String);
}
