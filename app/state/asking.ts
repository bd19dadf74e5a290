import { useEffect, useState } from 'preact/hooks';
import type { Reply, Request } from '../worker/protocol.js';
import { ask, messageOf } from './client.js';
import { type Loaded, model } from './model.js';

/**
 * The worker's answer to what a view asks, once its controls have rested. The last answer stays until the next is there, but never
 * beside another model.
 */
export function useAnswer<R extends Request>(
  request: R | null,
): { readonly answer: Reply<R> | null; readonly wrong: string | null; readonly waits: boolean } {
  const key = JSON.stringify(request);
  const [state, setState] = useState<{
    readonly key: string;
    readonly of: Loaded | null;
    readonly answer: Reply<R> | null;
    readonly wrong: string | null;
  }>({ key: '', of: null, answer: null, wrong: null });
  const loaded = model.value;
  useEffect(() => {
    if (request === null) return;
    let live = true;
    const timer = setTimeout(async () => {
      try {
        const answer = await ask(request);
        if (live) setState({ key, of: loaded, answer, wrong: null });
      } catch (error) {
        if (!live) return;
        setState((old) => ({
          key,
          of: loaded,
          answer: old.of === loaded ? old.answer : null,
          wrong: messageOf(error),
        }));
      }
    }, 120);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [key, loaded]);
  if (state.of !== loaded) return { answer: null, wrong: null, waits: true };
  return { answer: state.answer, wrong: state.wrong, waits: state.key !== key };
}

/** Counts come as exact integers, or as formulas where something is left free; drawings take numbers. */
export function numberOf(n: bigint | number | string | null | undefined): number | null {
  return typeof n === 'bigint' || typeof n === 'number' ? Number(n) : null;
}
