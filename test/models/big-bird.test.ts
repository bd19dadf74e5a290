import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { traceConfig } from '../../src/models/language/trace.js';
import { bindLedger } from '../../src/transforms/index.js';

const CONFIG = {
  model_type: 'big_bird',
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 4,
  intermediate_size: 128,
  vocab_size: 100,
};
const traced = (architecture: string, sizes: Record<string, number>) =>
  traceConfig({ ...CONFIG, architectures: [architecture] }, { bind: new Map(Object.entries(sizes)) });

// Parameters of transformers 5.18, and half of what PyTorch's FlopCounterMode counts of 32 tokens.
test.each([
  ['BigBirdModel', 339_904, 2_363_392],
  ['BigBirdForMaskedLM', 344_292, 2_699_264],
  ['BigBirdForPreTraining', 344_422, 2_699_392],
  ['BigBirdForSequenceClassification', 344_194, 2_367_616],
  ['BigBirdForTokenClassification', 340_034, 2_367_488],
  ['BigBirdForQuestionAnswering', 352_578, 2_887_680],
  ['BigBirdForCausalLM', 344_292, 2_699_264],
])('%s has the reference’s parameters and products', (architecture, params, macs) => {
  const totals = totalsOf(traced(architecture, { batch: 1, sequence: 32, past: 0 }));
  expect([Number(totals.params), Number(totals.macs)]).toEqual([params, macs]);
});

test('attention is full for as many tokens as its blocks would cover, and not counted for more', () => {
  const free = traced('BigBirdForMaskedLM', {});
  expect(
    Number(
      totalsOf(
        bindLedger(
          free,
          new Map([
            ['batch', 1],
            ['sequence', 704],
          ]),
        ),
      ).macs,
    ),
  ).toBeGreaterThan(0);
  const refused = 'attention in random blocks, which more than 704 tokens have, is not counted';
  expect(() => bindLedger(free, new Map([['sequence', 705]]))).toThrow(refused);
  expect(() => traced('BigBirdForMaskedLM', { sequence: 705 })).toThrow(refused);
});
