import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AnyLedger, type Ledger, namesIn } from '../../src/ledger/index.js';
import { partsOf, storedBytesRead } from '../../src/machine/serving-work.js';
import { withWeights } from '../../src/machine/weight-formats.js';
import { traceConfig, traceFolded } from '../../src/models/language/trace.js';
import { buildReport } from '../../src/report/index.js';
import { bindLedger, causalHalf } from '../../src/transforms/index.js';

type Config = Readonly<Record<string, unknown>>;
const configs = ['oracle', 'further', 'sizes'].flatMap((file) =>
  Object.entries(
    JSON.parse(readFileSync(new URL(`../fixtures/llm/${file}.json`, import.meta.url), 'utf8')) as Record<
      string,
      { readonly config: Config }
    >,
  ).map(([type, { config }]) => [`${file}/${type}`, config] as const),
);
const NAMED = ['llama', 'gemma2', 'gpt_oss', 'deepseek_v3'].map((type) => `oracle/default/${type}`);
const STEP = new Map([
  ['batch', 2],
  ['sequence', 1],
  ['past', 300],
]);

/** Everything that is said of a ledger, as text: formulas too. */
function said(ledger: AnyLedger): unknown {
  const { description } = ledger;
  return {
    layers: buildReport(ledger),
    operators: buildReport(ledger, { by: 'op' }).layers,
    types: buildReport(ledger, { by: 'type' }).layers,
    parts: partsOf(ledger).map((part) => Object.fromEntries(Object.entries(part).map(([k, v]) => [k, String(v)]))),
    read: String(storedBytesRead(ledger)),
    active: [String(description?.activeParams), String(description?.lookedUpParams)],
    kept: description?.kept?.map((k) => `${k.dtype} ${k.shape.join('×')}`).sort(),
    names: ledger.weights.flatMap((w) => namesIn(ledger, w.name)).sort(),
  };
}

function built(config: Config): { whole: Ledger; folded: AnyLedger } | null {
  let folded: AnyLedger;
  try {
    folded = traceFolded(config);
  } catch {
    return null;
  }
  return folded.folds === undefined ? null : { whole: traceConfig(config), folded };
}

/** Those of few layers; of the others some named ones. */
const folding = configs.flatMap(([name, config]) => {
  if (!name.startsWith('sizes/') && !NAMED.includes(name)) return [];
  const pair = built(config);
  return pair === null ? [] : [[name, pair] as const];
});

test('most decoders have equal layers', () => {
  expect(folding.length).toBeGreaterThan(70);
});

test.each(folding)('%s: equal layers recorded once say the same as each on its own', (_, { whole, folded }) => {
  expect(folded.entries.length).toBeLessThan(whole.entries.length);
  expect(said(folded)).toEqual(said(whole));
});

test('the same at numbers, with half of causal attention, and with weights kept otherwise', () => {
  for (const name of NAMED) {
    const pair = folding.find(([own]) => own === name)?.[1];
    if (pair === undefined) throw new Error(name);
    const at = <L extends AnyLedger>(ledger: L): L => causalHalf(withWeights(bindLedger(ledger, STEP), 'int4'));
    expect(said(at(pair.folded))).toEqual(said(at(pair.whole)));
  }
});

test('layers that are stored in different ways are recorded one by one', () => {
  const [, config] = configs.find(([name]) => name === 'oracle/default/llama') as (typeof configs)[number];
  const name = 'model.layers.1.mlp.up_proj.weight';
  const stored = new Map([[name, { dtype: 'int8', bytes: 5 } as const]]);
  expect(traceFolded(config, { stored }).folds).toBeUndefined();
});
