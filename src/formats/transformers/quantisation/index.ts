// Comes in: a configuration's word on how weights are quantised, and the model that it describes. Goes out: the bytes that each
// weight takes, its scales with it, and what was taken and what stays. Where a checkpoint is beside the configuration,
// its header tells this instead.
// Add here: a layout in layouts.ts, and the name under which configurations have it in config.ts.
import { isStatic, product, toBigInt } from '../../../dim/index.js';
import {
  type AnyLedger,
  type ModuleInfo,
  type Note,
  namesIn,
  type StoredWeights,
  type Weight,
} from '../../../ledger/index.js';
import { isFloating } from '../../../tensor/index.js';
import { quantisationIn, type Scheme, schemeOf } from './config.js';
import { isNamed } from './targets.js';

export interface Quantised {
  readonly stored: StoredWeights;
  /** `gptq`, as the configuration names it. */
  readonly as: string;
  readonly notes: readonly Note[];
}

/** How the weights of a model are kept by its configuration; null if it says nothing of it. */
export function quantised(config: Readonly<Record<string, unknown>>, ledger: AnyLedger): Quantised | null {
  const given = quantisationIn(config);
  if (given === null) return null;
  const scheme = schemeOf(given);
  if (typeof scheme === 'string')
    return {
      stored: new Map(),
      as: scheme,
      notes: [
        {
          code: 'quantised-weights',
          message: `the configuration says that weights are quantised (${scheme}), in a layout that is not known: they are counted in the dtype of the configuration`,
        },
      ],
    };
  const stored = new Map<string, { dtype: Weight['dtype']; bytes: number }>();
  const counts = { matrices: 0, left: 0, elements: 0n, bits: 0n };
  const seen = new Set<Weight>();
  for (const { module, weight } of matrices(ledger.root.module, seen)) {
    // Of equal layers each has a name of its own that a configuration may leave out.
    for (const name of namesIn(ledger, weight.name)) {
      const path = name.slice(0, name.lastIndexOf('.'));
      const layout = layoutFor(scheme, module, path, ledger.root.module);
      if (layout === null) {
        counts.left++;
        continue;
      }
      const kept = bytesOf(module, weight, layout);
      stored.set(name, kept.stored);
      counts.matrices++;
      counts.elements += kept.elements;
      counts.bits += BigInt(kept.stored.bytes) * 8n;
    }
  }
  const words = `${scheme.method}: ${[...new Set(scheme.groups.map(({ layout }) => layout.words))].join('; ')}`;
  return { stored, as: scheme.method, notes: [note(words, counts)] };
}

function note(words: string, c: { matrices: number; left: number; elements: bigint; bits: bigint }): Note {
  const each = c.elements === 0n ? 0 : Number(c.bits) / Number(c.elements);
  const message =
    c.matrices === 0
      ? `the configuration says that weights are quantised (${words}), and names no matrix of this model`
      : `weights by the configuration’s quantisation (${words}): ${c.matrices} matrices at ${Number(each.toFixed(4))} bits a weight; ${c.left} others, tables, norms and biases as they are`;
  return { code: 'quantised-weights', message };
}

/** The matrices of projections and experts, without repeats. */
function* matrices(
  module: ModuleInfo,
  seen: Set<Weight>,
): Generator<{ readonly module: ModuleInfo; readonly weight: Weight }> {
  for (const { name, weight } of module.weights) {
    if (seen.has(weight) || weight.kind !== 'parameter' || !isFloating(weight.dtype)) continue;
    const rank = weight.shape.length;
    if (!weight.shape.every(isStatic)) continue;
    const kind = module.classHierarchy.some((type) => MULTIPLIES.has(type));
    if (!((rank === 2 && name === 'weight' && kind) || (rank === 3 && module.classHierarchy.includes('Experts'))))
      continue;
    seen.add(weight);
    yield { module, weight };
  }
  for (const child of module.children) yield* matrices(child.module, seen);
}

const MULTIPLIES = new Set(['torch.nn.Linear', 'Conv1D', 'torch.nn.Embedding']);
const ROUTER = /(^|\.)(gate|router|shared_expert_gate)(\.|$)/;

function layoutFor(
  scheme: Scheme,
  module: ModuleInfo,
  path: string,
  root: ModuleInfo,
): Scheme['groups'][number]['layout'] | null {
  const experts = module.classHierarchy.includes('Experts');
  const table = module.classHierarchy.includes('torch.nn.Embedding');
  if (scheme.only === 'experts' && !experts) return null;
  if (table && scheme.reach !== 'everything') return null;
  if (!experts && !table && ROUTER.test(path) && scheme.reach !== 'everything') return null;
  const inLayers = /\.\d+(\.|$)/.test(path);
  const head = !inLayers && root.children.some((child) => child.module === module);
  if (scheme.reach === 'layers' && !inLayers) return null;
  if (scheme.reach === 'all' && head) return null;
  // Checkpoints name each expert.
  const names = experts ? [path, `${path}.0.gate_proj`, `${path}.0.up_proj`, `${path}.0.down_proj`] : [path];
  const kind = table ? 'Embedding' : 'Linear';
  if (isNamed(scheme.left, names, kind)) return null;
  return scheme.groups.find(({ targets }) => targets === null || isNamed(targets, names, kind))?.layout ?? null;
}

function bytesOf(
  module: ModuleInfo,
  weight: Weight,
  layout: Scheme['groups'][number]['layout'],
): { stored: { dtype: Weight['dtype']; bytes: number }; elements: bigint } {
  const [a, b] = weight.shape.slice(-2).map((d) => toBigInt(d)) as [bigint, bigint];
  const many = weight.shape.length === 3 ? toBigInt(weight.shape[0] ?? 1) : 1n;
  const turned = module.attrs['in_out'] === true || module.classHierarchy.includes('Conv1D');
  const bits = layout.bits(turned ? b : a, turned ? a : b);
  return {
    stored: { dtype: layout.dtype, bytes: Number((many * bits + 7n) / 8n) },
    elements: toBigInt(product(weight.shape)),
  };
}
