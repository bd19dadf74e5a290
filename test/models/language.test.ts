import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { product, sum } from '../../src/dim/index.js';
import { type Ledger, totalsOf } from '../../src/ledger/index.js';
import { builderOf } from '../../src/models/language/index.js';
import { traceConfig } from '../../src/models/language/trace.js';

interface Entry {
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string };
  readonly params: number;
  readonly kind: 'causal' | 'other';
  readonly names?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly [figure: string]: unknown;
}
const read = (name: string): [string, Entry][] =>
  Object.entries(
    JSON.parse(readFileSync(new URL(`../fixtures/llm/${name}.json`, import.meta.url), 'utf8')) as Record<string, Entry>,
  );
const under = (name: string): [string, Entry][] =>
  read(name).map(([type, e]): [string, Entry] => [`${name}/${type}`, e]);
const all = [...read('oracle'), ...under('further'), ...under('sizes'), ...under('fields'), ...under('types')];

const at = (e: Entry, bind: Readonly<Record<string, number>>): Ledger =>
  traceConfig(e.config, { bind: new Map(Object.entries(bind)) });
const cacheOf = (ledger: Ledger): unknown => {
  const kept = ledger.description?.kept ?? null;
  return kept === null ? null : sum(kept.map((k) => product(k.shape)));
};
/** Parameters by name, numbers of layers left out, as the fixture has them; a shared one under the name it has there. */
function namesOf(ledger: Ledger, known: NonNullable<Entry['names']>): Record<string, Record<string, number>> {
  const plain = (name: string): string => name.replace(/\.\d+(?=\.|$)/g, '.{}');
  const found: Record<string, Record<string, number>> = {};
  for (const w of ledger.weights) {
    if (w.kind !== 'parameter') continue;
    const names = [w.name, ...w.aliases].map(plain);
    const name = names.find((n) => n in known) ?? (names[0] as string);
    found[name] ??= {};
    const shapes = found[name];
    const shape = w.shape.join('x');
    shapes[shape] = (shapes[shape] ?? 0) + 1;
  }
  return found;
}
function figuresOf(e: Entry): { got: Record<string, unknown>; want: Record<string, unknown>; names: unknown } {
  const got: Record<string, unknown> = {};
  const want: Record<string, unknown> = {};
  const put = (figure: string, value: unknown): void => {
    if (e[figure] === undefined) return;
    got[figure] = value;
    want[figure] = e[figure];
  };
  let names: unknown = null;
  const first = (ledger: Ledger): void => {
    put('params', totalsOf(ledger).params);
    if (e.names !== undefined) names = namesOf(ledger, e.names);
  };
  if (e.kind === 'causal')
    for (const s of [72, 128, 200, 1024]) {
      if (e[`prefill_${s}`] === undefined && (s !== 128 || got['params'] !== undefined)) continue;
      const ledger = at(e, { batch: 1, sequence: s, past: 0 });
      if (got['params'] === undefined) first(ledger);
      put(`prefill_${s}`, totalsOf(ledger).macs);
      put(`cache_elements_${s}`, cacheOf(ledger));
      if (e[`decode_after_${s}`] !== undefined)
        put(`decode_after_${s}`, totalsOf(at(e, { batch: 1, sequence: 1, past: s })).macs);
    }
  else {
    const { input_ids: ids, decoder_input_ids: target, inputs_embeds: embeds } = e.inputs ?? {};
    const ledger = at(e, {
      batch: 1,
      past: 0,
      ...(target
        ? { sequence: target[1] as number, ...(ids ? { source: ids[1] as number } : {}) }
        : ids
          ? { sequence: ids[1] as number }
          : {}),
      ...(embeds ? { sequence: embeds[1] as number } : {}),
    });
    first(ledger);
    if (embeds === undefined) put('forward_128', totalsOf(ledger).macs);
  }
  return { got, want, names };
}

describe('every configuration costs what the reference computes', () => {
  test.each(all)('%s', (_, e) => {
    const { got, want, names } = figuresOf(e);
    expect(got).toEqual(want);
    expect(names).toEqual(e.names ?? null);
  });
});

test('every type is known', () => {
  const types = [...new Set(all.map(([, e]) => e.config.model_type))];
  expect(types.filter((type) => builderOf(type) === null)).toEqual([]);
});

interface Seen {
  readonly config: Entry['config'];
  readonly params: number;
  readonly names: NonNullable<Entry['names']>;
  readonly macs: number;
  readonly sequence: number;
  readonly pixels: readonly number[];
}
describe('models that see cost what the reference computes, towers and image tokens with them', () => {
  const seen = JSON.parse(readFileSync(new URL('../fixtures/llm/images.json', import.meta.url), 'utf8')) as Record<
    string,
    Seen
  >;
  test.each(Object.entries(seen))('%s', (_, e) => {
    const ledger = traceConfig(e.config, {
      bind: new Map(Object.entries({ batch: 1, sequence: e.sequence, past: 0 })),
      inputs: [{ name: 'pixel_values', shape: e.pixels }],
    });
    expect([totalsOf(ledger).params, totalsOf(ledger).macs]).toEqual([e.params, e.macs]);
    expect(namesOf(ledger, e.names)).toEqual(e.names);
  });
  test('images are seen in the first pass alone', () => {
    const e = seen['qwen2_vl'] as Seen;
    const later = traceConfig(e.config, { bind: new Map(Object.entries({ batch: 1, sequence: 1, past: 9 })) });
    expect(later.inputs.map((input) => input.name)).not.toContain('pixel_values');
    expect(later.entries.filter((entry) => entry.call.path.includes('visual'))).toEqual([]);
  });
});

interface Towers {
  readonly config: Entry['config'];
  readonly params: number;
  readonly names: NonNullable<Entry['names']>;
  readonly sequence: number;
  readonly macs?: number;
  readonly cache?: number;
  /** Of inputs that are larger in the configuration. */
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
}
describe('further models, with encoders of images and sounds or none', () => {
  const towers = JSON.parse(readFileSync(new URL('../fixtures/llm/towers.json', import.meta.url), 'utf8')) as Record<
    string,
    Towers
  >;
  test.each(Object.entries(towers))('%s', (_, e) => {
    const ledger = traceConfig(e.config, {
      bind: new Map(Object.entries({ batch: 1, sequence: e.sequence, past: 0 })),
      inputs: Object.entries(e.inputs ?? {}).map(([name, shape]) => ({ name, shape })),
    });
    const got = { params: totalsOf(ledger).params, macs: totalsOf(ledger).macs, cache: cacheOf(ledger) };
    expect({ ...got, ...pick(e) }).toEqual(got);
    expect(namesOf(ledger, e.names)).toEqual(e.names);
  });
});
/** The figures that the reference gave: some models it builds and does not run. */
function pick(e: Towers): Partial<Towers> {
  const { params, macs, cache } = e;
  return { params, ...(macs === undefined ? {} : { macs }), ...(cache === undefined ? {} : { cache }) };
}

test('of experts that nothing says the use of, parameters are counted and a note says the rest', () => {
  const ledger = traceConfig({ model_type: 'deepseek_v2' }, { bind: new Map(Object.entries({ batch: 1, past: 0 })) });
  expect(totalsOf(ledger).params).toBe(38_612_307_968);
  expect(ledger.notes.map((n) => n.message)).toContainEqual(
    expect.stringContaining('"num_experts_per_tok" is missing'),
  );
});

test('what is left free is a formula that gives the same numbers', () => {
  const [, llama] = all.find(([name]) => name === 'configs/Llama-3.1-8B') as [string, Entry];
  expect(String(totalsOf(at(llama, { past: 0 })).macs)).toBe('262144*batch*sequence**2 + 7504658432*batch*sequence');
  const [, sliding] = all.find(([name]) => name === 'configs/Mistral-7B-v0.1') as [string, Entry];
  expect(String(totalsOf(at(sliding, { batch: 1, sequence: 1 })).macs)).toContain('min(4095, past)');
});
