import { sheetOf } from './build.js';
import { openBuiltin } from './open.js';
import type { Example } from './protocol.js';
import { toolPrints } from './tools.js';

/** A built-in model as the first page shows it. It is made when the page is built, so that no visit waits for it. */
export async function exampleOf(name: string): Promise<Example> {
  const { ledger, freed } = await openBuiltin(name, {});
  return { name, sheet: sheetOf(ledger), freed, prints: toolPrints(ledger, freed) };
}
