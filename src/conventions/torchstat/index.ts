import { isStatic, sum } from '../../dim/index.js';
import type { Ledger, Note } from '../../ledger/index.js';
import { countsOf } from '../items.js';
import type { Convention, ConventionOptions, ConventionResult } from '../types.js';
import { standInNote, tallyNames } from '../units.js';
import { leaves } from './failures.js';
import { idleNote, noOpLayers } from './no-op-layers.js';
import { type TorchstatRow, type TorchstatTable, torchstatTable } from './rows.js';

export { type TorchstatRow, type TorchstatTable, torchstatTable } from './rows.js';

/** The memory total in MB: torchstat adds the rows one after the other in float32, whose rounding is part of the number. */
export function torchstatMegabytes(rows: readonly TorchstatRow[]): number {
  return rows.reduce((mb, r) => Math.fround(mb + Math.fround((Number(r.outputElements) * 4) / 2 ** 20)), 0);
}

export const torchstat: Convention = {
  id: 'torchstat',
  title: 'torchstat',
  version: '0.0.7',
  source: 'torchstat/compute_flops.py, compute_madd.py, compute_memory.py, reporter.py',
  description:
    'Flops are multiply-accumulates of convolutions (with bias) and linear layers plus one per element of activations, pools and batch norm (2); MAdd counts multiplications and additions apart. One row a leaf module, the last call only; batch 1.',
  run(ledger: Ledger, _options: ConventionOptions = {}): ConventionResult {
    const { rows, items, failure, unsupported } = torchstatTable(ledger);
    const notes: Note[] = [...standInNote(ledger, 'torchstat'), ...idleNote(noOpLayers(ledger))];
    const params = sum(rows.map((r) => r.params));
    const base = {
      id: 'torchstat',
      version: '0.0.7',
      title: 'torchstat',
      units: { madd: 'flop', flops: 'mac', memory_MB: 'MB', mem_read_B: 'byte', mem_write_B: 'byte' },
    } as const;
    if (failure !== null) {
      const fails: Note = { code: 'tool-fails', message: failure };
      return { ...base, counts: {}, items: [], params, notes: [...notes, fails], failure: fails };
    }
    const elementsOut = sum(rows.map((r) => r.outputElements));
    return {
      ...base,
      counts: {
        ...countsOf(items, 'madd', 'flops'),
        ...(isStatic(elementsOut) ? { memory_MB: torchstatMegabytes(rows) } : {}),
        mem_read_B: sum(rows.map((r) => r.memRead)),
        mem_write_B: sum(rows.map((r) => r.memWrite)),
      },
      items,
      params,
      notes: [...notes, ...leftOut(ledger, unsupported)],
      layers: new Map(
        rows.map((r) => [
          r.path,
          { madd: r.madd, flops: r.flops, mem_read_B: r.memRead, mem_write_B: r.memWrite, params: r.params },
        ]),
      ),
    };
  },
};

/** Work that torchstat leaves out silently. */
function leftOut(ledger: Ledger, unsupported: TorchstatTable['unsupported']): Note[] {
  const notes: Note[] = [];
  for (const [kind, types] of Object.entries(unsupported))
    if (types.length > 0)
      notes.push({
        code: 'silent-zero',
        message: `no ${kind} rule in torchstat, counted as 0: ${tallyNames(types)}`,
      });
  const repeated = calledAgain(ledger);
  if (repeated.length > 0)
    notes.push({
      code: 'last-call-only',
      message: `layers called more than once keep only their last call: ${repeated.length} (${repeated.slice(0, 3).join(', ')}${repeated.length > 3 ? ', …' : ''})`,
    });
  if (ledger.inputs[0]?.value.type?.shape[0] !== 1)
    notes.push({
      code: 'batch-one',
      message: 'torchstat builds an input with a batch of 1; the batch given is left out of its numbers',
    });
  return notes;
}

/** Paths of leaf modules that are called more than once. */
function calledAgain(ledger: Ledger): string[] {
  if (ledger.modules !== 'exact') return [];
  return [...leaves(ledger.root.module)].filter(([, m]) => m.calls.length > 1).map(([path]) => path);
}
