import type * as nn from '../../torch/nn/index.js';
import type { Architecture } from './blocks/model.js';
import { unit } from './blocks/unit.js';

/** Classes whose base is the whole backbone: as it is, or under this name. */
const BASES: Readonly<Record<string, string | null>> = {
  dinov2: null,
  dinov2_with_registers: null,
  dinov3_vit: null,
  hgnet_v2: null,
  pvt_v2: null,
  resnet: null,
  bit: 'bit',
  textnet: 'textnet',
};

/** Whether a class gives maps to another model, and is the base of its type and nothing more. */
export function isBackbone(type: string, architecture: string): boolean {
  return architecture.endsWith('Backbone') && Object.hasOwn(BASES, type);
}

/** The base of a type as its class for other models has it. */
export function asBackbone(type: string, architecture: string, base: Architecture): Architecture {
  const name = BASES[type] ?? null;
  if (name === null) return base;
  const inner = base.module as unknown as nn.Module<nn.Tensor[], nn.Tensor>;
  return { ...base, module: unit(architecture, { [name]: inner as never }, (...x: nn.Tensor[]) => inner(...x)) };
}
