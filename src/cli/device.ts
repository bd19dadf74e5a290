import { type Device, deviceFromJson } from '../machine/index.js';
import { textFile } from '../source/node/text.js';
import { UsageError } from './errors.js';

/** `--device`: an id or a description as it is, a JSON file read. */
export function deviceFlag(text: string): string | Device {
  if (!/\.json$/i.test(text)) return text;
  const example = '{"name": "my card", "bandwidth": "1008GB/s", "memory": "24GB", "peak": {"fp32": "82.6T"}}';
  return deviceFromJson(jsonFile('device', text, example));
}

/** The contents of a JSON file. Throws SourceError and UsageError. */
export function jsonFile(
  what: string,
  path: string,
  hint = 'write it again: the file was cut short or is another one',
): unknown {
  const content = textFile(path, what, 'check the path');
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new UsageError(`the ${what} ${path} is not JSON: ${(error as Error).message}`, hint);
  }
}
