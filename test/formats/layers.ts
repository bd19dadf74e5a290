import { exact } from '../../src/conventions/exact.js';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import type { Format, ReadOptions } from '../../src/formats/index.js';
import type { Ledger } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';

/** What tests of layer formats ask about a model. */
export interface Seen {
  readonly ledger: Ledger;
  readonly macs: string;
  readonly params: string;
  readonly outputs: readonly (string | undefined)[];
  readonly gaps: readonly string[];
}

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));

export async function seen(
  format: Format,
  given: string | Uint8Array,
  name: string,
  options: ReadOptions = {},
): Promise<Seen> {
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given;
  const read = await format.load();
  const ledger = read(memorySource(bytes, { name }), options) as Ledger;
  const { counts, params } = exact.run(ledger);
  return {
    ledger,
    macs: text(counts['macs'] as Dim),
    params: text(params),
    outputs: ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x')),
    gaps: ledger.entries.flatMap((e) => (e.result.kind === 'gap' ? [`${e.type}: ${e.result.why}`] : [])),
  };
}
