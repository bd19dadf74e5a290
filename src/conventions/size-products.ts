import { add, type Dim, equal, mul } from '../dim/index.js';
import type { Ledger, ModuleCall, ModuleInfo } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { outOf } from './operands.js';

/**
 * Products of sizes in a model's Python code. While `torch.jit.trace` runs, sizes are tensors, and `batch * heads` becomes an
 * operator of the trace; no file keeps it. Libraries' own classes are known by their code: this many products a call.
 */
const BY_CLASS: Readonly<Record<string, (call: ModuleCall) => number>> = byName({
  'torch.nn.MultiheadAttention': inAttention,
  // rows × columns of patches
  'torchvision.models.vision_transformer.VisionTransformer': () => 1,
  // rows × columns of windows, and their product with the batch; version 2 also twice the length of a bias
  'torchvision.models.swin_transformer.ShiftedWindowAttention': () => 2,
  'torchvision.models.swin_transformer.ShiftedWindowAttentionV2': () => 3,
  // rows × columns of windows
  'torchvision.models.maxvit.WindowPartition': () => 1,
  // anchors × rows × columns of each level
  'models.yolo.Detect': (call) => 2 * levels(call.module),
  'models.yolo.Segment': (call) => 2 * levels(call.module),
  // windows along three axes, their product with the batch, that of a window's extents where they are sizes (a window as
  // large as the map), and both again for the mask of shifted windows
  'torchvision.models.video.swin_transformer.ShiftedWindowAttention3d': (call) => {
    const own = call.steps.flatMap((s) => (s.kind === 'op' ? [s.entry] : []));
    const parts = own.find((e) => e.op === 'reshape' && outOf(e).length === 8);
    const whole = parts !== undefined && [1, 3, 5].some((axis) => equal(outOf(parts)[axis] ?? 0, 1));
    const shifted = own.some((e) => e.op === 'roll');
    return 3 + (whole ? 4 : 0) + (shifted ? (whole ? 4 : 2) : 0);
  },
  // rows × columns; if there is more than one window, also windows × batch
  'timm.models.tiny_vit.TinyVitBlock': (call) => {
    const attention = call.steps.flatMap((s) =>
      s.kind === 'call' && /Attention$/.test(s.call.module.type) ? [s.call] : [],
    )[0];
    return 1 + (equal(attention?.inputs[0]?.shape[0] ?? 1, call.inputs[0]?.shape[0] ?? 1) ? 0 : 2);
  },
  // batch × heads; offsets between positions of queries and keys along the axes, if they have a bias
  'torchvision.models.video.mvit.Pool': (call) => (call.steps.length > 0 ? 1 : 0),
  'torchvision.models.video.mvit.MultiscaleAttention': relativePositions,
  'timm.models.mvitv2.MultiScaleAttention': relativePositions,
  'timm.models.hiera.Unroll': () => 2,
  // extents rounded up to patches, patches, and both with batch and channels
  'timm.models.mobilevit.MobileVitBlock': () => 5,
  // heads × depth
  'timm.models.coat.ConvRelPosEnc': () => 1,
  // rows × columns
  'timm.models.efficientvit_mit.LiteMLA': () => 1,
  // "same" padding worked out from sizes: for each axis (steps − 1) · stride, and (kernel − 1) · dilation where that is traced
  'timm.layers.conv2d_same.Conv2dSame': () => 4,
  'timm.layers.pool2d_same.AvgPool2dSame': () => 2,
  'timm.layers.pool2d_same.MaxPool2dSame': () => 2,
  'timm.layers.std_conv.ScaledStdConv2dSame': (call) =>
    call.steps.some((s) => s.kind === 'op' && s.entry.op === 'pad') ? 2 : 0,
});

export function sizeProducts(ledger: Ledger): Dim {
  let all: Dim = 0;
  const visit = (call: ModuleCall): void => {
    const rule = call.module.classHierarchy.map((type) => BY_CLASS[type]).find((r) => r !== undefined);
    if (rule !== undefined) all = add(all, rule(call));
    for (const step of call.steps) if (step.kind === 'call') visit(step.call);
  };
  visit(ledger.root);
  return all;
}

/**
 * In `multi_head_attention_forward`: batch × heads for queries, keys and values, and length × batch for what is joined;
 * where keys and values are projected together, 2 × E to split the weight, and as much for the bias.
 */
function inAttention(call: ModuleCall): number {
  const linear = call.steps.flatMap((s) => (s.kind === 'op' && s.entry.op === 'linear' ? [s.entry] : []));
  const [query, keys, output] = linear;
  if (query === undefined || keys === undefined) return 0;
  const paired = output !== undefined && linear.length === 3 && outOf(keys).at(-1) === mul(2, outOf(query).at(-1) ?? 0);
  return 4 + (paired ? (keys.attrs.bias === true ? 2 : 1) : 0);
}

function relativePositions({ module }: ModuleCall): number {
  return module.weights.some((w) => w.name === 'rel_pos_h') ? 7 : 0;
}

/** Levels of a detection head: one convolution each. */
function levels(head: ModuleInfo): number {
  return head.children.find((c) => c.name === 'm')?.module.children.length ?? 0;
}
