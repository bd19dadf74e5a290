import { expect, test } from 'vitest';
import { type NamedTensor, traceTensors } from '../../src/models/language/by-tensors.js';

const left = (tensors: readonly NamedTensor[]): readonly string[] =>
  traceTensors(tensors).notes.map(({ message }) => message);

test.each([
  ['model.embed_in.weight', true],
  ['token_embd.weight', true],
  ['token_embd_norm.weight', false],
  ['wte', true],
  ['encoder.relative_attention_bias.weight', true],
  [`embed${'.a'.repeat(700)}`, true], // however far from the end the word is
  ['embed table.weight', false],
  ['swte.x', true],
  ['mlp.up.weight', false],
])('whether a tensor is a table and no product is told by its name: %s', (name, table) => {
  const all = left([
    { name, shape: [100, 64] },
    { name: 'output.weight', shape: [64, 64] },
  ]).join();
  expect(all.includes('1 tensors that are not matrices of a product')).toBe(table);
});
