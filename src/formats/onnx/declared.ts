import type { Source } from '../../source/index.js';
import type { GraphProto } from './schema.js';

/** What PyTorch's exporter says of the model's own tensors, by their names in `state_dict`. */
export interface Declared {
  readonly parameters: ReadonlySet<string>;
  /** Buffers and constants that the model holds as tensors. */
  readonly buffers: ReadonlySet<string>;
}

const SIGNATURE = 'pkg.torch.export.ExportedProgram.graph_signature';
/** A line takes some hundred bytes; a model of a hundred thousand tensors fits. */
const MAX_SIGNATURE = 1 << 24;

/**
 * The signature of the exported program, which exporters of PyTorch 2.6 and later leave in the graph's metadata; null
 * where there is none. Lines are `p_conv1_weight: PARAMETER target='conv1.weight'`.
 */
export function declaredOf(graph: GraphProto, source: Source): Declared | null {
  const stated = graph.metadataProps.find((m) => m.key === SIGNATURE)?.value;
  if (stated === undefined) return null;
  let text: string;
  if (typeof stated === 'string') text = stated;
  else if (stated.length > MAX_SIGNATURE) return null;
  else text = new TextDecoder().decode(source.read(stated.offset, stated.offset + stated.length));
  const parameters = new Set<string>();
  const buffers = new Set<string>();
  for (const [, kind, target] of text.matchAll(/: (PARAMETER|BUFFER|CONSTANT_TENSOR) target='([^'\n]*)'/g))
    (kind === 'PARAMETER' ? parameters : buffers).add(target as string);
  return parameters.size + buffers.size === 0 ? null : { parameters, buffers };
}
