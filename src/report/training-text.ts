import type { UnitMode } from './choices.js';
import { type Cell, grid, padTo, type Style } from './grid.js';
import { grouped, inUnits, type Numbers } from './numbers.js';
import type { Report, ReportCount, ReportTraining } from './types.js';

/** Rows of what is kept, and of what is there at the peak. */
const MAX_ROWS = 8;

/** Will it fit, what takes the memory, what checkpointing would save and cost: in that order. */
export function trainingLines({ training: t, totals }: Report, style: Style, units: UnitMode = 'auto'): string[] {
  if (t === undefined) return [];
  const n = inUnits(units);
  const width = 2 + Math.max('trained'.length, ...t.fits.map(({ name }) => name.length));
  const line = (label: string, words: string): string => `${padTo(label, width)}${words}`;
  return [
    style.bold(`Training with ${t.optimizer}, ${precisionWords(t)}${devicesWords(t)}`),
    ...t.fits.map((fit) => line(fit.name, fitWords(fit, t, n))),
    line('trained', `${n.quantity(t.trainableParams)} of ${n.quantity(totals.params)} parameters`),
    ...(t.trainableParams === 0n
      ? [
          style.warn(
            'Nothing is trained: no parameter is floating-point and free to change. --lora r=16 puts adapters beside frozen layers.',
          ),
        ]
      : []),
    ...workLines(t, line, n),
    '',
    ...memoryGrid(t, style, n),
    ...peakLines(t, n),
    ...keptLines(t, style, n),
    ...checkpointLines(t, n),
    ...t.unknown.map(({ op, nodes, why }) => style.warn(`NOT IN THE BACKWARD PASS: ${op} ×${grouped(nodes)}: ${why}`)),
    '',
  ];
}

function precisionWords(t: ReportTraining): string {
  const words: Readonly<Record<string, string>> = {
    amp: 'automatic mixed precision (weights fp32, products bf16)',
    mixed: 'bf16 with fp32 master weights',
  };
  return words[t.precision] ?? t.precision;
}

function devicesWords({ devices, zero }: ReportTraining): string {
  if (devices === 1) return '';
  return `, on each of ${grouped(devices)} devices${zero === 0 ? ' (each holds all)' : ` (ZeRO stage ${zero})`}`;
}

function fitWords(fit: ReportTraining['fits'][number], t: ReportTraining, n: Numbers): string {
  const memory = fit.memory === null ? 'memory not known' : n.bytes(fit.memory);
  const verdict =
    fit.fits === null
      ? `${memory}`
      : `${fit.fits ? 'fits' : 'does not fit'}: ${n.bytes(t.peakBytes ?? 0n)} at the peak, ${memory} of memory`;
  const batch =
    fit.largestBatch === null
      ? fit.why === null
        ? ''
        : `; largest batch: ${fit.why}`
      : fit.largestBatch === 0
        ? '; not even a batch of one fits'
        : `; largest batch ${grouped(fit.largestBatch)}`;
  return verdict + batch;
}

function workLines(t: ReportTraining, line: (label: string, words: string) => string, n: Numbers): string[] {
  if (t.forwardMacs === null || t.backwardMacs === null)
    return [line('work', 'not known: the file has weights and no graph; so are activations')];
  const again = t.recomputedMacs === 0n || t.recomputedMacs === null ? '' : `, again ${n.quantity(t.recomputedMacs)}`;
  return [
    line('MACs', `forward ${n.quantity(t.forwardMacs)}, backward ${n.quantity(t.backwardMacs)}${again}`),
    line(
      'FLOPs',
      `forward ${n.quantity(t.forwardFlops ?? 0n)}, backward ${n.quantity(t.backwardFlops ?? 0n)}${again === '' ? '' : `, again ${n.quantity(t.recomputedFlops ?? 0n)}`}, optimizer ${n.quantity(t.optimizerFlops)}`,
    ),
  ];
}

function memoryGrid(t: ReportTraining, style: Style, n: Numbers): string[] {
  const total = t.peakBytes;
  const rows: [string, ReportCount | null, string][] = [
    ['weights', t.weightBytes, 'parameters and buffers'],
    ['gradients', t.gradientBytes, 'of what is trained'],
    ['optimizer', t.optimizerBytes, t.optimizer],
    ['masters', t.masterBytes, 'fp32 copy of the weights'],
    ['activations', t.activationPeakBytes, activationWords(t, n)],
    ['peak', total, total === null && t.savedBytes !== null ? 'depends on the sizes that are free: bind them' : ''],
  ];
  const columns = [
    { title: 'memory', align: 'left' },
    { title: '', align: 'right' },
    { title: 'share', align: 'right' },
    { title: '', align: 'left' },
  ] as const;
  return grid(
    columns,
    rows
      .filter(([label, size]) => label !== 'masters' || size !== 0n)
      .map(([label, size, words]) =>
        [
          label,
          size === null ? (t.savedBytes === null ? 'not known' : 'open') : n.bytes(size),
          typeof size === 'bigint' && typeof total === 'bigint' && total > 0n
            ? `${((100 * Number(size)) / Number(total)).toFixed(1)} %`
            : '',
          words,
        ].map((text): Cell => ({ text })),
      ),
    style,
  );
}

function activationWords(t: ReportTraining, n: Numbers): string {
  if (t.savedBytes === null) return '';
  const loss = t.lossBytes === 0n ? '' : `, ${n.bytes(t.lossBytes)} for the cross-entropy`;
  return `inputs, results, gradients; ${n.bytes(t.savedBytes)} kept for the backward pass${loss}`;
}

function peakLines({ peak }: ReportTraining, n: Numbers): string[] {
  if (peak === null) return [];
  const at = peak.path === '' ? peak.op : `${peak.path} (${peak.op})`;
  const named = peak.alive
    .slice(0, 4)
    .map(
      (a) => `${a.gradient ? 'gradient of ' : ''}${a.name}${a.what === null ? '' : `, ${a.what}`} ${n.bytes(a.bytes)}`,
    );
  return [`The peak is in the ${peak.phase} pass at ${at}. Largest there: ${named.join('; ')}.`];
}

function keptLines({ kept }: ReportTraining, style: Style, n: Numbers): string[] {
  if (kept.length === 0) return [];
  const rows = kept
    .slice(0, MAX_ROWS)
    .map((k) => [k.what, grouped(k.tensors), n.bytes(k.bytes)].map((text): Cell => ({ text })));
  const columns = [
    { title: 'kept for the backward pass', align: 'left' },
    { title: 'tensors', align: 'right' },
    { title: 'bytes', align: 'right' },
  ] as const;
  const more = kept.length - rows.length;
  return ['', ...grid(columns, rows, style), ...(more > 0 ? [style.dim(`… and ${more} more kinds`)] : [])];
}

function checkpointLines(t: ReportTraining, n: Numbers): string[] {
  if (t.checkpointedBlocks > 0)
    return ['', `${grouped(t.checkpointedBlocks)} blocks keep only what goes into them and are computed again.`];
  const c = t.withCheckpointing;
  if (c === null) return [];
  const cost =
    typeof c.recomputedMacs === 'bigint' && typeof t.forwardMacs === 'bigint' && typeof t.backwardMacs === 'bigint'
      ? ` (+${((100 * Number(c.recomputedMacs)) / Number(t.forwardMacs + t.backwardMacs)).toFixed(0)} %)`
      : '';
  return [
    '',
    `--checkpointing of ${grouped(c.blocks)} blocks: kept ${n.bytes(c.savedBytes)}${c.peakBytes === null ? '' : `, peak ${n.bytes(c.peakBytes)}`}, for ${n.quantity(c.recomputedMacs)} MACs more${cost}`,
  ];
}
