import { builtinModels, CONVENTIONS, formats, type Ledger, reconcile, shownData, version, whoPrints } from 'opcount';
import { freeSymbols } from 'opcount/ledger';
import { servingFor, trainingFor } from './asked.js';
import { sheetOf } from './build.js';
import { conventionSheet } from './convention.js';
import { exactCounts, exported } from './export.js';
import { failureOf } from './failure.js';
import { openModel } from './open.js';
import type { Bindings, FromWorker, Progress, Reconciled, Reply, Request, Slot, Start } from './protocol.js';
import type { Sandboxes } from './python.js';
import { toolPrints } from './tools.js';

/**
 * The page's other half: reads models and keeps their ledgers, so that nothing slow and nothing synchronous happens where
 * the page is drawn.
 */
const ledgers = new Map<Slot, Ledger>();
/** One model is opened after the other, so that a slot has what was asked for last. */
let lastOpening: Promise<void> = Promise.resolve();

function ledgerOf(slot: Slot): Ledger {
  const ledger = ledgers.get(slot);
  if (ledger === undefined) throw new Error(`no model is open as ${slot}`);
  return ledger;
}

async function answer(request: Request, tell: (progress: Progress) => void, sandboxes: Sandboxes): Promise<Reply> {
  switch (request.kind) {
    case 'start':
      return start();
    case 'open': {
      const before = lastOpening;
      let done = (): void => {};
      lastOpening = new Promise((resolve) => {
        done = resolve;
      });
      await before;
      ledgers.delete(request.slot);
      const { ledger, freed, refused } = await openModel(request, tell, sandboxes).finally(done);
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
    case 'serving':
      return servingFor(ledgerOf(request.slot), request.asked);
    case 'training':
      return trainingFor(ledgerOf(request.slot), request.bind, request.options, request.devices);
    case 'tools':
      return toolPrints(ledgerOf(request.slot), request.bind);
    case 'reconcile':
      return reconciled(ledgerOf(request.slot), request.bind, request.number);
    case 'measure-job':
      return (await import('./measure-job.js')).measureJob(ledgerOf(request.slot), request.origin, request.bind);
    case 'measured':
      return (await import('./measure-job.js')).measured(ledgerOf(request.slot), request);
    case 'graph': {
      const { layout } = await import('./layout.js');
      return layout(request.nodes, request.edges);
    }
  }
}

async function reconciled(ledger: Ledger, bind: Bindings, number: string): Promise<Reconciled> {
  const free = new Set(freeSymbols(ledger));
  const report = await reconcile(ledger, {
    bind: Object.fromEntries(Object.entries(bind).filter(([name]) => free.has(name))),
  });
  if (number.trim() === '') return { report: shownData(report), who: null, wrong: null };
  try {
    return { report: shownData(report), who: shownData(whoPrints(report, number)), wrong: null };
  } catch (error) {
    return { report: shownData(report), who: null, wrong: failureOf(error) };
  }
}

async function start(): Promise<Start> {
  const models = await builtinModels();
  return {
    version,
    formats,
    conventions: CONVENTIONS.map(({ id, title, version, description, source }) => ({
      id,
      title,
      version,
      words: description,
      source,
    })),
    builtins: models.map(({ name, title, family }) => ({ name, title, family })),
  };
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  (self as unknown as { postMessage(message: FromWorker, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );
}

self.addEventListener('message', async (event: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = event.data;
  try {
    const value = await answer(request, (progress) => post({ id, progress }), {
      open: (script, port) => post({ id, sandbox: { script, port } }, [port]),
      close: () => post({ id, sandbox: null }),
    });
    post({ id, ok: true, value });
  } catch (error) {
    post({ id, ok: false, failure: failureOf(error) });
  }
});
