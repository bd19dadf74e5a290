import { add, type Dim, format, isStatic, requires } from '../../../dim/index.js';
import * as nn from '../../../torch/nn/index.js';
import { session } from '../../../torch/nn/session.js';
import type { Config } from '../config.js';

/** The tokens of a pass: so many, behind those that went before. */
export interface Tokens {
  readonly sequence: Dim;
  readonly past: Dim;
}

/**
 * Rows of a table of positions, one for each token of a pass. A table ends, and the pass has to keep to it. `unused` rows at
 * its start stand for no token: two in OPT and BART, those up to the padding's in RoBERTa. `count` rows are looked up where
 * these are not as many as the tokens.
 */
export function positionsOf(table: nn.Embedding, tokens: Tokens, unused = 0, count = tokens.sequence): nn.Tensor {
  withinPositions(table.num_embeddings - unused, tokens);
  return rowsOf(table, count);
}

/** The first rows of a table of positions, a row for all sequences, as the reference looks them up. */
export function rowsOf(table: nn.Embedding, count: Dim): nn.Tensor {
  return table(nn.functional.arange(count).unsqueeze(0));
}

/**
 * Keeps the tokens of a pass, and those before it, to the positions that a model has. The reference stops beyond them with an
 * index error, where it has values; over shapes alone it computes, and so does this, with a note.
 */
export function withinPositions(positions: number, { sequence, past }: Tokens): void {
  const end = add(past, sequence);
  const asked = isStatic(end) ? end.toLocaleString('en-US') : format(end);
  const message = `the model has positions for ${positions.toLocaleString('en-US')} tokens, not for ${asked}: beyond the last the reference stops with an error`;
  if (!requires({ kind: 'at-least', value: positions, least: end, message, atRunTime: true }))
    session()?.trace.assume(null, { code: 'beyond-positions', message });
}

/** RoBERTa and its kin count positions from behind the one of the padding: rows up to it stand for no token. */
export function rowsBeforeTokens(c: Config): number {
  const padding = c.get('pad_token_id') ?? 1;
  const known = typeof padding === 'number' && Number.isInteger(padding) && padding >= 0;
  return known && padding < c.size('max_position_embeddings') ? padding + 1 : 0;
}
