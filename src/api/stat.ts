import { ModelError } from '../source/errors.js';
import type { ExtentLike } from './options.js';
import { type ModelLike, type OpenText, readWith } from './read.js';

/**
 * torchstat's `stat(model, (3, 224, 224))`: its table and totals as text, the duration left out. `input` is C×H×W; the
 * batch is 1, as there. Throws ModelError if torchstat itself fails.
 */
export async function statWith(openText: OpenText, model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  if (!Array.isArray(input))
    throw new ModelError('argument', `stat takes the extents of one input, not ${String(input)}`, {
      hint: 'write stat(model, [3, 224, 224])',
    });
  if (input.length === 4 && Number(input[0]) === 1)
    throw new ModelError('argument', 'stat takes channels, height and width: the batch of 1 is its own', {
      hint: `write stat(model, [${input.slice(1).join(', ')}])`,
    });
  const ledger = await readWith(openText, model, { inputs: [[1, ...input]] });
  const { torchstatTable } = await import('../conventions/torchstat/index.js');
  const { statTable } = await import('../conventions/torchstat/printed-table.js');
  return statTable(torchstatTable(ledger));
}
