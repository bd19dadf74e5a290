import type { Ledger } from 'opcount';
import { sheetOf } from './build.js';
import { failureOf } from './failure.js';
import { openModel } from './open.js';
import type { FromWorker, Progress, Reply, Request, Slot, ToWorker } from './protocol.js';
import type { OpenSandbox } from './python.js';

/**
 * The page's other half: reads models and keeps their ledgers, so that nothing slow and nothing synchronous happens where
 * the page is drawn. To open a model is what everyone does; whatever else it answers is loaded when it is first asked for.
 */
const ledgers = new Map<Slot, Ledger>();
/** One model is opened after the other, so that a slot has what was asked for last. */
let lastOpening: Promise<void> = Promise.resolve();

function ledgerOf(slot: Slot): Ledger {
  const ledger = ledgers.get(slot);
  if (ledger === undefined) throw new Error(`no model is open as ${slot}`);
  return ledger;
}

async function answer(request: Request, tell: (progress: Progress) => void): Promise<Reply> {
  switch (request.kind) {
    case 'open': {
      const before = lastOpening;
      let done = (): void => {};
      lastOpening = new Promise((resolve) => {
        done = resolve;
      });
      await before;
      const { ledger, freed, refused } = await openModel(request, tell, openSandbox).finally(done);
      ledgers.set(request.slot, ledger);
      tell({ stage: 'counting', read: 0, size: 0 });
      return { sheet: sheetOf(ledger), freed, refused };
    }
    case 'convention':
      return (await import('./convention.js')).conventionSheet(ledgerOf(request.slot), request.id, request.bind);
    case 'export':
      return (await import('./export.js')).exported(ledgerOf(request.slot), request);
    case 'exact':
      return (await import('./export.js')).exactCounts(ledgerOf(request.slot), request.bind);
    case 'serving':
      return (await import('./asked.js')).servingFor(ledgerOf(request.slot), request.asked);
    case 'training':
      return (await import('./asked.js')).trainingFor(
        ledgerOf(request.slot),
        request.bind,
        request.options,
        request.devices,
      );
    case 'timeline':
      return (await import('./asked.js')).timelineFor(ledgerOf(request.slot), request.bind, request.options);
    case 'tools':
      return (await import('./tools.js')).toolPrints(ledgerOf(request.slot), request.bind);
    case 'reconcile':
      return (await import('./reconcile.js')).reconciled(ledgerOf(request.slot), request.bind, request.number);
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

function post(message: FromWorker, transfer: Transferable[] = []): void {
  (self as unknown as { postMessage(message: FromWorker, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );
}

let sandboxes = 0;
/** What is done where the sandbox of a number fails. */
const failing = new Map<number, (why: string) => void>();

const openSandbox: OpenSandbox = (script, port, failed) => {
  const sandbox = sandboxes++;
  failing.set(sandbox, failed);
  post({ sandbox, open: { script, port } }, [port]);
  return () => {
    failing.delete(sandbox);
    post({ sandbox, open: null });
  };
};

self.addEventListener('message', async ({ data }: MessageEvent<ToWorker>) => {
  if ('failed' in data) {
    failing.get(data.sandbox)?.(data.failed);
    return;
  }
  const { id, request } = data;
  try {
    const value = await answer(request, (progress) => post({ id, progress }));
    post({ id, ok: true, value });
  } catch (error) {
    post({ id, ok: false, failure: failureOf(error) });
  }
});
