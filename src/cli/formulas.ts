import { checkedFormulas, type GivenFormulas } from '../ledger/index.js';
import { textFile } from '../source/node/text.js';
import { UsageError } from './errors.js';

/** The formulas in a file of `--formulas`. Throws SourceError if it cannot be read, UsageError or ModelError for its contents. */
export function formulasFile(path: string): GivenFormulas {
  const example = '{"com.example.Rotate": {"macs": "in*in.1", "flops": "2*out"}}';
  const text = textFile(path, 'formulas in', `give a JSON file: ${example}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${path} is not JSON: ${(error as Error).message}`,
      `formulas are an object by operator: ${example}`,
    );
  }
  return checkedFormulas(json, path);
}
