import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { close, drop, inBrowser, picture, shown, tab } from './browser.js';

let scratch = '';

/** Llama 3 8B, by its published configuration. */
const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
};

inBrowser('what it takes to serve and to train', () => {
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'opcount-page-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('a language model: cache, prefill and decode, weights in other formats, and every device', async () => {
    const folder = join(scratch, 'llama');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(LLAMA));
    const t = await tab();
    await drop(t.page, join(folder, 'config.json'));
    await shown(t.page, 'config.json');
    await t.page.getByRole('tab', { name: 'Serving', exact: true }).click();
    const serving = t.page.locator('.serving');
    await serving.locator('.figure').first().waitFor();
    // 32 layers × 2 × 8 heads × 128 × 2 bytes a token.
    expect(await serving.innerText()).toMatch(/Cache at 4,096 tokens\s+512\.0 MiB\s+128\.0 KiB for each token more/);
    // 8,030,261,248 parameters of two bytes.
    expect(await serving.innerText()).toMatch(/Weights\s+15\.0 GiB/);
    const row = serving.getByRole('row', { name: /^GeForce RTX 4090/ });
    expect(await row.innerText()).toMatch(/24\.0 GiB\s+yes/);
    const tokens = async (): Promise<number> =>
      Number((await row.locator('td').nth(2).innerText()).replaceAll(',', ''));
    const before = await tokens();
    await t.page.getByLabel('weights', { exact: true }).selectOption('int4');
    // A step waits for weights to be read: a quarter of them is more than twice as fast.
    await expect.poll(tokens).toBeGreaterThan(2 * before);
    await t.page.getByLabel('context', { exact: true }).fill('131072');
    await t.page.getByLabel('context', { exact: true }).press('Enter');
    await expect.poll(() => serving.innerText()).toMatch(/Cache at 131,072 tokens\s+16\.0 GiB/);
    const sort = serving.getByRole('columnheader', { name: 'memory' });
    await sort.getByRole('button').click();
    expect(await sort.getAttribute('aria-sort')).toBe('descending');
    await picture(t.page, 'serving');
    await close(t);
  }, 120_000);

  test('a training step: what fills the memory, and what checkpointing and sharing change', async () => {
    const t = await tab('#m=resnet50&v=training');
    await shown(t.page, 'resnet50');
    const training = t.page.locator('.training');
    await training.locator('.stack').waitFor();
    // AdamW keeps two numbers of four bytes for each of 25,557,032 parameters.
    expect(await training.locator('.stack figcaption').innerText()).toMatch(/optimizer 195\.0 MiB/);
    await t.page.getByLabel('optimizer', { exact: true }).selectOption('sgd');
    await expect.poll(() => training.locator('.stack figcaption').innerText()).not.toMatch(/optimizer/);
    await t.page.getByLabel('optimizer', { exact: true }).selectOption('adamw');
    await t.page.getByLabel('shared among devices').selectOption('3');
    // Eight devices have an eighth each.
    await expect.poll(() => training.locator('.stack figcaption').innerText()).toMatch(/optimizer 24\.4 MiB/);
    expect(await training.getByRole('row', { name: /^T4/ }).innerText()).toMatch(/yes\s+\d+/);
    await picture(t.page, 'training');
    await close(t);
  }, 120_000);

  test('a training step over time: what is saved rises and falls, and the peak is the one that is stated', async () => {
    const t = await tab('#m=resnet50&v=training');
    await shown(t.page, 'resnet50');
    const timeline = t.page.getByRole('region', { name: 'Memory over the step' });
    const worst = t.page.locator('.training .figure', { hasText: 'Memory at the worst moment' }).locator('strong');
    const drawing = timeline.locator('[data-drawing=training]');
    await drawing.waitFor();
    const [one, peak] = [await worst.innerText(), drawing.locator('.peak-label')];
    expect(await peak.innerHTML()).toBe(`peak ${one}`);
    // What stays is most of it: its band is shortened and says so, and what varies has most of the height.
    expect(await drawing.locator('.floor-label').textContent()).toMatch(/^390\.2 MiB of weights.*: not to scale$/);
    const height = (selector: string): Promise<number> =>
      drawing.locator(selector).evaluate((shape) => shape.getBoundingClientRect().height);
    expect(await height('.span-saved')).toBeGreaterThan(2 * (await height('rect.floor')));
    // In words, for those who do not see the drawing.
    expect(await drawing.getAttribute('aria-label')).toMatch(
      new RegExp(`^What is saved grows to .+ The peak is ${one}, in the backward pass at layer4\\.2\\.bn3`),
    );
    const alive = timeline.getByRole('region', { name: 'Tensors in memory at the moment' });
    expect(await alive.locator('h3').innerText()).toMatch(/^At the peak, backward of layer4\.2\.bn3/);
    const slider = timeline.getByLabel('moment', { exact: true });
    await slider.focus();
    await t.page.keyboard.press('Home');
    expect(await alive.locator('h3').innerText()).toMatch(/^At moment 1 of \d+, forward of conv1/);
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^1 of \d+, forward, conv1/);
    await t.page.keyboard.press('End');
    expect(await alive.locator('h3').innerText()).toMatch(/backward of conv1/);
    await t.page.getByRole('button', { name: 'To the peak' }).click();
    await t.page.getByLabel('batch', { exact: true }).fill('64');
    await expect.poll(() => worst.innerText()).toMatch(/GiB/);
    await expect.poll(async () => (await peak.innerHTML()) === `peak ${await worst.innerText()}`).toBe(true);
    // Now activations are most of it: one scale.
    expect(await drawing.locator('.torn').count()).toBe(0);
    const saved = t.page.locator('.training .figure', { hasText: 'Saved between the passes' }).locator('strong');
    const many = await saved.innerText();
    expect(await drawing.getAttribute('aria-label')).toContain(`What is saved grows to ${many}`);
    await t.page.getByLabel('checkpointing').check();
    await expect.poll(() => saved.innerText()).not.toBe(many);
    await expect
      .poll(() => drawing.getAttribute('aria-label'))
      .toContain(`What is saved grows to ${await saved.innerText()}`);
    await picture(t.page, 'training-timeline');
    await close(t);
  }, 120_000);

  test('a cost against a free dimension, from the formula; a click sets the size', async () => {
    const t = await tab('#m=resnet18&v=curve');
    await shown(t.page, 'resnet18');
    const drawing = t.page.locator('[data-drawing=curve]');
    await drawing.waitFor();
    expect(await drawing.locator('.peak-label').innerHTML()).toContain('1.814 G at batch 1');
    await drawing.scrollIntoViewIfNeeded();
    const box = await drawing.boundingBox();
    await t.page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 16, (box?.y ?? 0) + 60);
    await expect.poll(() => t.page.getByLabel('batch', { exact: true }).inputValue()).toBe('64');
    await picture(t.page, 'curve');
    await close(t);
  });
});
