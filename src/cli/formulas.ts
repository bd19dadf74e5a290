import { readFileSync } from 'node:fs';
import { checkedFormulas, type GivenFormulas } from '../ledger/index.js';
import { SourceError } from '../source/errors.js';
import { reasonOf } from '../source/node/attempt.js';
import { UsageError } from './errors.js';

/** The formulas in a file of `--formulas`. Throws SourceError if it cannot be read, UsageError or ModelError for its contents. */
export function formulasFile(path: string): GivenFormulas {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SourceError(`cannot read the formulas in ${path}: ${reasonOf(cause)}`, {
      hint: 'give a JSON file: {"com.example.Rotate": {"macs": "in*in.1", "flops": "2*out"}}',
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${path} is not JSON: ${(error as Error).message}`,
      'formulas are an object by operator: {"com.example.Rotate": {"macs": "in*in.1", "flops": "2*out"}}',
    );
  }
  return checkedFormulas(json, path);
}
