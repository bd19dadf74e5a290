import type { Ledger } from '../ledger/index.js';
import type { PrintedLine } from './types.js';

/** A tool that prints lines of its own models; its code is loaded only for those. */
interface Printer {
  readonly applies: (ledger: Ledger) => boolean;
  readonly lines: (ledger: Ledger) => Promise<readonly PrintedLine[]>;
}

const PRINTERS: readonly Printer[] = [
  {
    applies: ({ root }) => root.module.classHierarchy.includes('models.yolo.DetectionModel'),
    lines: async (ledger) => (await import('./yolov5.js')).yolov5Lines(ledger),
  },
];

/** What tools print of a model by themselves when they build or load it; most models have none. */
export async function printedLines(ledger: Ledger): Promise<readonly PrintedLine[]> {
  const printers = PRINTERS.filter((p) => p.applies(ledger));
  if (printers.length === 0) return [];
  const found = await Promise.all(printers.map((p) => p.lines(ledger)));
  return found.flat();
}
