import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memorySource, profile } from '../../src/index.js';

interface Model {
  readonly model_type: string;
  readonly class: string;
  readonly input: Readonly<Record<string, readonly number[]>>;
  /** What each tool printed of the reference with its default attention, in one run on a CPU. */
  readonly prints: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
const models = Object.entries(
  JSON.parse(readFileSync(new URL('../fixtures/llm/tools.json', import.meta.url), 'utf8')) as Record<string, Model>,
);

/** Where a tool's number is not reached: how much it prints beyond what is given here, and why. */
const DIFFERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // Of a dictionary of outputs fvcore traces the first: the pooler is left out.
  BERT: { 'fvcore.flops': -589_824 },
  RoBERTa: { 'fvcore.flops': -589_824 },
  // The reference's ReLU is a module, which ptflops counts as a module and as a function.
  OPT: { 'ptflops.macs': 4_718_592, 'torchinfo.mult_adds': 2_340_864 },
  // The same, and its attention has a bias, which PyTorch’s own operator then takes apart.
  T5: { 'ptflops.macs': 3_145_728, 'ptflops-aten.macs': 201_326_592, 'torchinfo.mult_adds': 65_536 },
  // The product of the two embeddings.
  CLIP: { 'calflops.flops': 1024, 'calflops.macs': 512, 'ptflops.macs': 512 },
  // Pooling of the last stage, and attention with a bias.
  SwinHF: {
    'calflops.flops': 37_632,
    'deepspeed.flops': 37_632,
    'ptflops.macs': 75_264,
    'ptflops-aten.macs': 140_141_568,
    'thop.macs': 38_400,
    'torchinfo.mult_adds': 355_914,
    'ultralytics-thop.macs': 38_400,
  },
  // A convolution whose weight is made anew from two parts at each call.
  Wav2Vec2: { 'ultralytics-thop.macs': 235_929_600 },
};

test.each(models)('%s: what each tool prints', async (name, { model_type, class: architecture, input, prints }) => {
  const config = memorySource(new TextEncoder().encode(JSON.stringify({ model_type, architectures: [architecture] })), {
    name: 'config.json',
  });
  const length = (input['decoder_input_ids'] ?? input['input_ids'])?.[1];
  const source = input['decoder_input_ids'] === undefined ? undefined : input['input_ids']?.[1];
  const bind = {
    batch: 1,
    past: 0,
    ...(length === undefined ? {} : { sequence: length }),
    ...(source === undefined ? {} : { source }),
  };
  const { conventions } = await profile(config, { bind, conventions: Object.keys(prints) });
  const differences: Record<string, number> = {};
  for (const [id, counts] of Object.entries(prints))
    for (const [count, printed] of Object.entries(counts)) {
      const ours = count === 'params' ? conventions[id]?.params : conventions[id]?.counts[count];
      if (Number(ours) !== printed) differences[`${id}.${count}`] = printed - Number(ours);
    }
  expect(differences).toEqual(DIFFERS[name] ?? {});
});
