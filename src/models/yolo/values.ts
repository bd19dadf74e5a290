import * as nn from '../../torch/nn/index.js';

/** An argument as a layer takes it. */
export type Value = number | string | boolean | null | nn.AnyModule | readonly Value[];

export function isLayer(value: unknown): value is nn.AnyModule {
  return nn.isModule(value);
}
