import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import type { Ledger, ModuleCall, Value } from '../../src/ledger/index.js';
import { traceConfig } from '../../src/models/language/trace.js';

type Config = Readonly<Record<string, unknown>>;
type Trace = typeof import('../../src/models/language/trace.js');

/** The same code twice: once as it is, once where no module is said to do what another does. */
const repeating: Trace = await import('../../src/models/language/trace.js');
vi.resetModules();
vi.doMock('../../src/torch/nn/alike.js', async (original) => ({
  ...(await original<typeof import('../../src/torch/nn/alike.js')>()),
  alike: (modules: unknown) => modules,
}));
const running: Trace = await import('../../src/models/language/trace.js');
vi.doUnmock('../../src/torch/nn/alike.js');

const configs = new Map<string, Config>();
for (const file of ['oracle', 'further', 'sizes']) {
  const text = readFileSync(new URL(`../fixtures/llm/${file}.json`, import.meta.url), 'utf8');
  for (const { config } of Object.values(JSON.parse(text) as Record<string, { readonly config: Config }>))
    if (!configs.has(String(config['model_type']))) configs.set(String(config['model_type']), config);
}

const COUNTS =
  /^(num_hidden_layers|num_layers|num_decoder_layers|n_layers?|encoder_layers|decoder_layers|num_encoder_layers|depth)$/;

/** The model with seven layers, or seven in each half. */
function deeper(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (COUNTS.test(key) && typeof value === 'number') return [key, 7];
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [key, deeper(value as Config)];
      return [key, value];
    }),
  );
}

/** Everything that stands in a ledger, as text: places, identities and memory too. */
function said(ledger: Ledger): string[] {
  const lines: string[] = [];
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  const valueText = (v: Value | null): string =>
    v === null ? '' : text([v.id, v.name, v.type, v.storage, v.weight?.name ?? null]);
  const visit = (call: ModuleCall): void => {
    lines.push(text([call.path, call.index, call.module.path, call.inputs, call.outputs, call.parent?.path ?? null]));
    expect(call.module.calls[call.index]).toBe(call);
    for (const step of call.steps) {
      if (step.kind === 'call') {
        visit(step.call);
        continue;
      }
      const { call: own, inputs, outputs, ...entry } = step.entry;
      expect(own).toBe(call);
      expect(ledger.entries[entry.index]).toBe(step.entry);
      lines.push(text([entry, inputs.map(valueText), outputs.map(valueText)]));
    }
  };
  visit(ledger.root);
  const { inputs, outputs, weights, notes, constraints, description } = ledger;
  lines.push(text([inputs, outputs].map((list) => list.map(({ name, value }) => [name, valueText(value)]))));
  lines.push(text([weights, notes, constraints, description?.kept, description?.activeParams]));
  return lines;
}

/** Operators that were recorded by what an earlier one did. */
function repeated({ entries }: Ledger): number {
  return entries.length - new Set(entries.map(({ result }) => result)).size;
}

// One of each way to be built: decoders, encoders, both, recurrences, state spaces, experts, images, sound.
const TYPES = [
  ...['llama', 'gemma2', 'mixtral', 'deepseek_v3', 'jamba', 'lfm2'],
  ...['bert', 'albert', 'modernbert', 'deberta-v2', 'longformer'],
  ...['t5', 'bart', 'longt5', 'pegasus_x', 'whisper', 'fsmt'],
  ...['rwkv', 'mamba2', 'xlstm', 'inkling'],
  ...['vit', 'swin', 'hiera', 'convnext', 'detr', 'clip', 'wav2vec2'],
].filter((type) => configs.has(type));
const STEP = new Map([
  ['batch', 2],
  ['sequence', 1],
  ['past', 300],
]);

test('there are such models', () => {
  expect(TYPES.length).toBeGreaterThan(20);
});

test.each(TYPES)('%s: layers recorded by what one of them did are as if each had run', (type) => {
  const config = deeper(configs.get(type) as Config);
  const ledger = repeating.traceConfig(config);
  const each = running.traceConfig(config);
  expect(repeated(ledger)).toBeGreaterThan(repeated(each));
  expect(said(ledger).join('\n') === said(each).join('\n')).toBe(true);
  const step = repeating.traceConfig(config, { bind: STEP });
  expect(said(step)).toEqual(said(running.traceConfig(config, { bind: STEP })));
});

test.each([
  ['t5', 'num_layers'],
  ['t5', 'num_decoder_layers'],
  ['bart', 'encoder_layers'],
  ['prophetnet', 'num_decoder_layers'],
])('%s: %s of a stranger’s file is limited', (type, field) => {
  expect(() => traceConfig({ model_type: type, [field]: 97 })).toThrow(/at most 96 layers/);
});
