import { batch } from '@preact/signals';
import type { Example } from '../worker/protocol.js';
import { owe } from './client.js';
import { bindings, example, model } from './model.js';
import { failure, openings } from './openings.js';
import { toolPrints } from './tools.js';

/** Shows the model of the first page, where nothing else is open by the time that it is there. */
export async function openExample(): Promise<void> {
  const idle = (): boolean => model.value === null && openings.value.length === 0 && failure.value === null;
  if (!idle()) return;
  try {
    const { name, sheet, freed, prints } = (await (await fetch('example.json')).json()) as Example;
    if (!idle()) return;
    const loaded = { sheet, origin: { kind: 'builtin', name }, inputs: {}, given: {}, refused: null } as const;
    owe({ kind: 'open', slot: 'a', origin: loaded.origin, inputs: {}, given: {}, base: '' });
    batch(() => {
      bindings.value = freed;
      example.value = true;
      model.value = loaded;
      toolPrints.value = { of: loaded, prints, at: freed };
    });
  } catch {
    // The first page is complete without it.
  }
}
