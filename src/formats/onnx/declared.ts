import type { Range } from '../../dim/index.js';
import type { Source } from '../../source/index.js';
import type { GraphProto } from './schema.js';

/** The model's own tensors as PyTorch's exporter lists them, by their names in `state_dict`. */
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
  const text = metadata(graph, SIGNATURE, source);
  if (text === null) return null;
  const parameters = new Set<string>();
  const buffers = new Set<string>();
  for (const [, kind, target] of text.matchAll(/: (PARAMETER|BUFFER|CONSTANT_TENSOR) target='([^'\n]*)'/g))
    (kind === 'PARAMETER' ? parameters : buffers).add(target as string);
  return parameters.size + buffers.size === 0 ? null : { parameters, buffers };
}

function metadata(graph: GraphProto, key: string, source: Source): string | null {
  const stated = graph.metadataProps.find((m) => m.key === key)?.value;
  if (stated === undefined || typeof stated === 'string') return stated ?? null;
  return stated.length > MAX_SIGNATURE
    ? null
    : new TextDecoder().decode(source.read(stated.offset, stated.offset + stated.length));
}

const RANGES = 'pkg.torch.export.ExportedProgram.range_constraints';

/** The ranges that the exporter found for free dimensions: `{s53: VR[2, int_oo]}`. Only a larger least value than 1 says more than usual. */
export function rangesOf(graph: GraphProto, source: Source): ReadonlyMap<string, Range> {
  const text = metadata(graph, RANGES, source) ?? '';
  return new Map(
    [...text.matchAll(/(\w+): VR\[(\d{1,15}), (\d{1,15}|int_oo)\]/g)].flatMap(([, name, min, max]) =>
      Number(min) > 1 || max !== 'int_oo'
        ? [[name as string, { min: Math.max(1, Number(min)), max: max === 'int_oo' ? null : Number(max) }] as const]
        : [],
    ),
  );
}
