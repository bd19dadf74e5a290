import * as z from 'zod/mini';
import type { CheckConfig } from '../check/config.js';
import type { MeasureId } from '../check/index.js';

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
} satisfies Record<MeasureId, unknown>);

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
