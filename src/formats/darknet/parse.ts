import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';

export const FORMAT = 'darknet';

const MAX_TEXT = 1 << 24;

/** A section of a `.cfg` file: a layer, or the network's own settings. */
export class Section {
  readonly type: string;
  readonly line: number;
  readonly #values = new Map<string, string>();

  constructor(type: string, line: number) {
    this.type = type;
    this.line = line;
  }

  /** The first value of a name counts, as in Darknet. */
  set(name: string, value: string): void {
    if (!this.#values.has(name)) this.#values.set(name, value);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string, otherwise = ''): string {
    return this.#values.get(name) ?? otherwise;
  }

  /** As C reads an integer: as far as there are digits. */
  integer(name: string, otherwise: number): number {
    const value = this.#values.get(name);
    if (value === undefined) return otherwise;
    return Math.trunc(Number(/^[+-]?\d+/.exec(value)?.[0] ?? 0));
  }

  integers(name: string): number[] {
    const value = this.#values.get(name);
    if (value === undefined) return [];
    return value
      .split(',')
      .map((part) => /^[+-]?\d+/.exec(part)?.[0])
      .flatMap((part) => (part === undefined ? [] : [Number(part)]));
  }
}

/** Other names that Darknet takes for a section. */
const SPELLINGS: Readonly<Record<string, string>> = byName({
  network: 'net',
  conv: 'convolutional',
  deconv: 'deconvolutional',
  conn: 'connected',
  max: 'maxpool',
  local_avg: 'local_avgpool',
  avg: 'avgpool',
  lrn: 'normalization',
  soft: 'softmax',
  sam_layer: 'sam',
  Gaussian_yolo: 'gaussian_yolo',
});

/** The sections of a file, in order. Throws ModelError. */
export function sectionsOf(source: Source): Section[] {
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_TEXT}`, {
      format: FORMAT,
      hint: 'Give the .cfg file, not the weights.',
    });
  const sections: Section[] = [];
  const lines = new TextDecoder().decode(source.read(0, source.size)).split(/\r?\n/);
  for (const [i, written] of lines.entries()) {
    const line = written.replace(/[ \t\r]/g, '');
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) {
      const name = line.slice(1).replace(/\].*$/, '');
      sections.push(new Section(SPELLINGS[name] ?? name, i + 1));
      continue;
    }
    const equals = line.indexOf('=');
    const section = sections.at(-1);
    if (equals < 0 || section === undefined)
      throw new ModelError('malformed', `"${written.slice(0, 80)}" is neither a section nor a setting`, {
        format: FORMAT,
        at: { line: i + 1 },
        hint: 'Write [section] and name=value, each on a line of its own.',
      });
    section.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return sections;
}
