import { builtinModels, CONVENTIONS, formats, type Ledger, version } from 'opcount';
import { sheetOf } from './build.js';
import { conventionSheet } from './convention.js';
import { exactCounts, exported } from './export.js';
import { failureOf } from './failure.js';
import { openModel } from './open.js';
import type { FromWorker, Progress, Reply, Request, Slot, Start } from './protocol.js';

/**
 * The page's other half: reads models and keeps their ledgers, so that nothing slow and nothing synchronous happens where
 * the page is drawn.
 */
const ledgers = new Map<Slot, Ledger>();

function ledgerOf(slot: Slot): Ledger {
  const ledger = ledgers.get(slot);
  if (ledger === undefined) throw new Error(`no model is open as ${slot}`);
  return ledger;
}

async function answer(request: Request, tell: (progress: Progress) => void): Promise<Reply> {
  switch (request.kind) {
    case 'start':
      return start();
    case 'open': {
      ledgers.delete(request.slot);
      const { ledger, freed, refused } = await openModel(request, tell);
      ledgers.set(request.slot, ledger);
      tell({ stage: 'counting', read: 0, size: 0 });
      return { sheet: sheetOf(ledger), freed, refused };
    }
    case 'convention':
      return conventionSheet(ledgerOf(request.slot), request.id, request.bind);
    case 'export':
      return exported(ledgerOf(request.slot), request);
    case 'exact':
      return exactCounts(ledgerOf(request.slot), request.bind);
    case 'graph': {
      const { layout } = await import('./layout.js');
      return layout(request.nodes, request.edges);
    }
  }
}

async function start(): Promise<Start> {
  const models = await builtinModels();
  return {
    version,
    formats,
    conventions: CONVENTIONS.map(({ id, title, version, words, source }) => ({ id, title, version, words, source })),
    builtins: models.map(({ name, title, family }) => ({ name, title, family })),
  };
}

function post(message: FromWorker): void {
  (self as unknown as { postMessage(message: FromWorker): void }).postMessage(message);
}

self.addEventListener('message', async (event: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = event.data;
  try {
    const value = await answer(request, (progress) => post({ id, progress }));
    post({ id, ok: true, value });
  } catch (error) {
    post({ id, ok: false, failure: failureOf(error) });
  }
});
