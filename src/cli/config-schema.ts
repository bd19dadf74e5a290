import * as z from 'zod/mini';
import type { CheckConfig } from '../check/config.js';
import type { MeasureId } from '../check/index.js';
import { OPTIMIZERS, PRECISIONS } from '../transforms/training/types.js';

/** `"5G"` or a whole number. */
const Amount = z.union([z.string(), z.number()]);
const Extent = z.union([z.number(), z.string()]);
/** `"1x3x224x224:float16"`, or a list of extents. */
const Shape = z.union([z.string(), z.array(Extent)]);

const Budgets = z.strictObject({
  macs: z.optional(Amount),
  flops: z.optional(Amount),
  params: z.optional(Amount),
  weights: z.optional(Amount),
  peak: z.optional(Amount),
  cache: z.optional(Amount),
  training: z.optional(Amount),
} satisfies Record<MeasureId, unknown>);

const Training = z.strictObject({
  optimizer: z.optional(z.enum(OPTIMIZERS)),
  precision: z.optional(z.enum(PRECISIONS)),
  freeze: z.optional(z.array(z.string())),
  checkpointing: z.optional(z.union([z.literal(true), z.array(z.string())])),
  zero: z.optional(z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])),
  devices: z.optional(z.number()),
  lora: z.optional(z.strictObject({ rank: z.number(), targets: z.nullable(z.array(z.string())) })),
  attention: z.optional(z.enum(['fused', 'unfused'])),
  loss: z.optional(z.enum(['cross-entropy', 'none'])),
});

const Model = z.strictObject({
  model: z.string(),
  name: z.optional(z.string()),
  inputs: z.optional(z.union([z.array(Shape), z.record(z.string(), Shape)])),
  bind: z.optional(z.record(z.string(), Extent)),
  formulas: z.optional(z.string()),
  causal: z.optional(z.enum(['full', 'half'])),
  logits: z.optional(z.enum(['all', 'last'])),
  inplace: z.optional(z.boolean()),
  context: z.optional(z.number()),
  weights: z.optional(z.string()),
  kv: z.optional(z.string()),
  pythonPath: z.optional(z.array(z.string())),
  training: z.optional(Training),
  budgets: z.optional(Budgets),
  tolerance: z.optional(z.number()),
});

/** What `opcount.config.json` may hold. `schemas/config.json` is made of it. */
export const Config: z.ZodMiniType<CheckConfig> = z.strictObject({
  $schema: z.optional(z.string()),
  models: z.array(z.union([z.string(), Model])),
  baseline: z.optional(z.string()),
  tolerance: z.optional(z.number()),
});
