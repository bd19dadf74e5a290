import type { Page } from 'playwright-core';

/** What the page has between itself and its worker while a test holds requests back: a slow worker, at the moment that is wanted. */
interface Gate {
  /** Kinds of requests that are kept. */
  kinds: string[];
  readonly kept: (() => void)[];
  /** The kinds of all that was asked. */
  readonly asked: string[];
  worker: Worker | null;
}

declare global {
  interface Window {
    gate: Gate;
  }
}

/** Runs before the page's own script. */
export function installGate(): void {
  const gate: Gate = { kinds: [], kept: [], asked: [], worker: null };
  window.gate = gate;
  const send = Worker.prototype.postMessage as (this: Worker, ...parts: unknown[]) => void;
  Worker.prototype.postMessage = function (this: Worker, ...parts: unknown[]): void {
    const kind = (parts[0] as { request?: { kind: string } } | null)?.request?.kind ?? '';
    gate.worker = this;
    gate.asked.push(kind);
    const go = (): void => send.apply(this, parts);
    if (gate.kinds.includes(kind)) gate.kept.push(go);
    else go();
  };
}

/** From now on the worker gets no request of these kinds. */
export async function hold(page: Page, ...kinds: string[]): Promise<void> {
  await page.evaluate((all) => {
    window.gate.kinds = all;
  }, kinds);
}

/** Waits until as many requests are kept. */
export async function kept(page: Page, count = 1): Promise<void> {
  await page.waitForFunction((n) => window.gate.kept.length >= n, count);
}

/** The worker gets all that was kept, and whatever comes. */
export async function letGo(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.gate.kinds = [];
    for (const go of window.gate.kept.splice(0)) go();
  });
}

/** The worker ends by itself, as one that runs out of memory does. */
export async function endWorker(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { gate } = window;
    gate.kinds = [];
    gate.kept.length = 0;
    gate.worker?.terminate();
    gate.worker?.dispatchEvent(new ErrorEvent('error', { message: 'it ran out of memory' }));
  });
}
