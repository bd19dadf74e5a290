import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { traceConfig } from '../../src/models/language/trace.js';

const CONFIG = {
  model_type: 'yolos',
  num_hidden_layers: 3,
  hidden_size: 64,
  num_attention_heads: 4,
  intermediate_size: 128,
  image_size: [64, 96],
  num_detection_tokens: 7,
};

// Parameters of transformers 5.18, and half of what PyTorch's FlopCounterMode counts of one image.
test.each([
  ['YolosModel', 160_576, 4_722_688],
  ['YolosForObjectDetection', 173_511, 4_836_416],
])('%s has the reference’s parameters and products', (architecture, params, macs) => {
  const ledger = traceConfig({ ...CONFIG, architectures: [architecture] }, { bind: new Map([['batch', 1]]) });
  const totals = totalsOf(ledger);
  expect([Number(totals.params), Number(totals.macs)]).toEqual([params, macs]);
});

test('without positions between the layers', () => {
  const config = { ...CONFIG, use_mid_position_embeddings: false, architectures: ['YolosModel'] };
  const totals = totalsOf(traceConfig(config, { bind: new Map([['batch', 1]]) }));
  // two tables of 1 + 24 + 7 tokens less
  expect(Number(totals.params)).toBe(160_576 - 2 * 32 * 64);
});

test('a head that is not there is named', () => {
  const config = { ...CONFIG, architectures: ['YolosForImageClassification'] };
  expect(() => traceConfig(config)).toThrow('…Model and …ForObjectDetection are');
});
