import { useEffect, useState } from 'preact/hooks';
import type { Reply, Request } from '../worker/protocol.js';
import { ask, messageOf } from './client.js';
import { model } from './model.js';

/** The worker's answer to what a view asks, once its controls have rested; the last answer stays until the next is there. */
export function useAnswer<R extends Request>(
  request: R | null,
): { readonly answer: Reply<R> | null; readonly wrong: string | null; readonly waits: boolean } {
  const key = JSON.stringify(request);
  const [state, setState] = useState<{
    readonly key: string;
    readonly answer: Reply<R> | null;
    readonly wrong: string | null;
  }>({ key: '', answer: null, wrong: null });
  const loaded = model.value;
  useEffect(() => {
    if (request === null) return;
    let live = true;
    const timer = setTimeout(async () => {
      try {
        const answer = await ask(request);
        if (live) setState({ key, answer, wrong: null });
      } catch (error) {
        if (!live) return;
        setState((old) => ({ key, answer: old.answer, wrong: messageOf(error) }));
      }
    }, 120);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [key, loaded]);
  return { answer: state.answer, wrong: state.wrong, waits: state.key !== key };
}

/** Counts come as exact integers, or as formulas where something is left free; drawings take numbers. */
export function numberOf(n: bigint | number | string | null | undefined): number | null {
  return typeof n === 'bigint' || typeof n === 'number' ? Number(n) : null;
}
