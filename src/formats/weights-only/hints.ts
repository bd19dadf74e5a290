import type { Source } from '../../source/index.js';
import type { Hints } from './layouts/index.js';

/** A configuration of a model has some kilobytes. */
const MAX_CONFIG = 1 << 22;

/** Bits and group size that the configuration beside a file states (`config.json`, `quantize_config.json`), if there is one. */
export function hintsBeside(source: Source): Hints {
  for (const name of ['config.json', 'quantize_config.json']) {
    const config = jsonOf(source.sibling(name));
    const found = hintsIn(config?.['quantization_config'] ?? config?.['quantization'] ?? config);
    if (found.bits !== null) return found;
  }
  return { bits: null, groupSize: null };
}

function jsonOf(source: Source | undefined): Record<string, unknown> | undefined {
  if (source === undefined || source.size > MAX_CONFIG) return undefined;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(source.read(0, source.size)));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch (error) {
    // Not this file's business: the counts go on without it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** GPTQ, AWQ and MLX have `bits`, HQQ `nbits` in its own part, compressed-tensors `num_bits` by group of layers. */
function hintsIn(value: unknown, depth = 0): Hints {
  if (typeof value !== 'object' || value === null || depth > 6) return { bits: null, groupSize: null };
  const own = value as Record<string, unknown>;
  const number = (...names: string[]): number | null => {
    for (const name of names) if (typeof own[name] === 'number') return own[name];
    return null;
  };
  const bits = number('bits', 'nbits', 'num_bits', 'w_bit');
  if (bits !== null) return { bits, groupSize: number('group_size', 'q_group_size') };
  for (const part of ['quant_config', 'weight_quant_params', 'config_groups', 'group_0', 'weights'])
    if (own[part] !== undefined) {
      const found = hintsIn(own[part], depth + 1);
      if (found.bits !== null) return found;
    }
  return { bits: null, groupSize: null };
}
