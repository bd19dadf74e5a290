import { readFileSync } from 'node:fs';
import { type Device, deviceFromJson } from '../machine/index.js';
import { SourceError } from '../source/errors.js';
import { UsageError } from './errors.js';

/** `--device`: an id or a description as it is, a JSON file read. */
export function deviceFlag(text: string): string | Device {
  if (!/\.json$/i.test(text)) return text;
  let content: string;
  try {
    content = readFileSync(text, 'utf8');
  } catch (error) {
    throw new SourceError(`cannot read the device ${text}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      hint: 'check the path',
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new UsageError(
      `the device ${text} is not JSON: ${(error as Error).message}`,
      '{"name": "my card", "bandwidth": "1008GB/s", "memory": "24GB", "peak": {"fp32": "82.6T"}}',
    );
  }
  return deviceFromJson(value);
}
