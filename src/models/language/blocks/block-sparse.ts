import { type Dim, requires } from '../../../dim/index.js';
import { ModelError } from '../../../source/errors.js';
import type { Config } from '../config.js';

/**
 * BigBird attends in full to at most this many tokens, and in blocks chosen at random to more, which are not counted. A free
 * length keeps to them. Throws ModelError `unsupported` for more.
 */
export function fullAtMost(c: Config, length: Dim): void {
  if (c.str('attention_type', 'block_sparse') !== 'block_sparse') return;
  const most = (5 + 2 * c.int('num_random_blocks', 3)) * c.size('block_size', 64);
  const message = `${c.type}: attention in random blocks, which more than ${most} tokens have, is not counted`;
  if (requires({ kind: 'at-least', value: most, least: length, message })) return;
  throw new ModelError('unsupported', message, {
    format: 'transformers',
    at: { field: 'attention_type' },
    hint: `give at most ${most} tokens, or set "attention_type" to "original_full"`,
  });
}
