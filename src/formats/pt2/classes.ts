import type { ModuleCall, OpEntry, OpenModule, Weight } from '../../ledger/index.js';
import { attrsAs } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';

interface Unseen {
  readonly parent: string | null;
  readonly name: string;
  readonly weights: readonly { readonly name: string; readonly weight: Weight }[];
  readonly children: readonly string[];
}

/**
 * The class of a module under which no operator was recorded: a container, a layer that was never called, or one whose
 * parent computes with its weights. Weights tell most of it by their names and axes; a module without any does nothing.
 */
export function inferClass({ parent, name, weights, children }: Unseen): string {
  if (children.length > 0)
    return children.every((c) => /^\d+$/.test(c)) ? 'torch.nn.ModuleList' : 'torch.nn.ModuleDict';
  if (weights.length === 0) return 'torch.nn.Identity';
  if (name === 'out_proj' && parent?.endsWith('MultiheadAttention'))
    return 'torch.nn.modules.linear.NonDynamicallyQuantizableLinear';
  const names = new Set(weights.map((w) => w.name));
  if (names.has('running_mean')) return 'torch.nn.BatchNorm2d';
  if (names.has('weight_ih_l0')) return 'torch.nn.LSTM';
  const rank = weights.find((w) => w.name === 'weight')?.weight.shape.length;
  if (rank === undefined)
    return weights.every((w) => /^\d+$/.test(w.name)) ? 'torch.nn.ParameterList' : 'torch.nn.Module';
  if (rank === 1) return 'torch.nn.LayerNorm';
  if (rank === 2) return /emb/i.test(name) ? 'torch.nn.Embedding' : 'torch.nn.Linear';
  return rank <= 5 ? `torch.nn.Conv${rank - 2}d` : 'torch.nn.Module';
}

/** The class of torch.nn that a layer must be, by the operator that it computes with its own weight. */
const BASES: Readonly<Record<string, (entry: OpEntry) => string | null>> = byName({
  conv: (e) => `torch.nn.Conv${axesOf(e)}d`,
  conv_transpose: (e) => `torch.nn.ConvTranspose${axesOf(e)}d`,
  linear: () => 'torch.nn.Linear',
  batch_norm: (e) => batchNormOf(e),
  layer_norm: () => 'torch.nn.LayerNorm',
  group_norm: () => 'torch.nn.GroupNorm',
  rms_norm: () => 'torch.nn.RMSNorm',
  instance_norm: (e) => `torch.nn.InstanceNorm${Math.max(1, rankOf(e) - 2)}d`,
  embedding: () => 'torch.nn.Embedding',
  lstm: () => 'torch.nn.LSTM',
  gru: () => 'torch.nn.GRU',
  rnn_tanh: () => 'torch.nn.RNN',
});

function axesOf(entry: OpEntry): number {
  return attrsAs('conv', entry).kernel?.length ?? 2;
}
function rankOf(entry: OpEntry): number {
  return entry.inputs[0]?.type?.shape.length ?? 4;
}
function batchNormOf(entry: OpEntry): string {
  const rank = rankOf(entry);
  return `torch.nn.BatchNorm${rank === 5 ? 3 : rank === 4 ? 2 : 1}d`;
}

/** Layers of torch.nn that derive from another one of them. */
const DERIVED: Readonly<Record<string, string>> = byName({
  'torch.nn.UpsamplingNearest2d': 'torch.nn.Upsample',
  'torch.nn.UpsamplingBilinear2d': 'torch.nn.Upsample',
  'torch.nn.ReLU6': 'torch.nn.Hardtanh',
  'torch.nn.modules.linear.NonDynamicallyQuantizableLinear': 'torch.nn.Linear',
});

/** Layers without weights that libraries derive from: `AvgPool2dSame` pads, and pools as its base does. */
const POOLS = /^((?:Avg|Max)Pool[123]d)./;

/** Names that a class bears where it is a kind of such a layer: `ScaledStdConv2d`, `BatchNormAct2d`, `LayerNorm2d`. */
const NAMED: Readonly<Record<string, RegExp>> = byName({
  conv: /conv/i,
  conv_transpose: /conv|deconv/i,
  linear: /linear/i,
  batch_norm: /batch_?norm|bn/i,
  layer_norm: /layer_?norm|ln/i,
  group_norm: /group_?norm|gn|layer_?norm/i,
  rms_norm: /rms/i,
  instance_norm: /instance_?norm/i,
  embedding: /embed/i,
  lstm: /lstm/i,
  gru: /gru/i,
  rnn_tanh: /rnn/i,
});

/**
 * The layer of torch.nn that a class of the model's own derives from, if that can be told: its own operators compute
 * with its own `weight` as that layer does, its weights are those of the layer and perhaps more, and it is named after it.
 * Files do not keep bases; tools that look at them see subclasses as the layer.
 */
export function baseOf(module: OpenModule): string | null {
  const known = DERIVED[module.type];
  if (known !== undefined) return known;
  if (module.type.startsWith('torch.nn.')) return null;
  const own = new Set(module.weights.map((w) => w.weight));
  const call: ModuleCall | undefined = module.calls[0];
  const name = module.type.slice(module.type.lastIndexOf('.') + 1);
  const pool = POOLS.exec(name)?.[1];
  if (pool !== undefined && call?.steps.some((s) => s.kind === 'op' && s.entry.op.endsWith('_pool')))
    return `torch.nn.${pool}`;
  if (!module.weights.some((w) => w.name === 'weight' || w.name === 'weight_ih_l0')) return null;
  for (const step of call?.steps ?? []) {
    if (step.kind !== 'op') continue;
    const { entry } = step;
    const base = BASES[entry.op];
    if (base === undefined || NAMED[entry.op]?.test(name) !== true) continue;
    if (entry.inputs.some((v) => v?.weight && own.has(v.weight)) || derived(call, own)) return base(entry);
  }
  return null;
}

/** Whether anything in a call reads its own weights: weights that are standardised first are still its own. */
function derived(call: ModuleCall | undefined, own: ReadonlySet<Weight>): boolean {
  return (call?.steps ?? []).some((s) => s.kind === 'op' && s.entry.inputs.some((v) => v?.weight && own.has(v.weight)));
}
