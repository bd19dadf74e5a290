import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';

/**
 * Which functions of PyTorch a call went through, for tools that replace functions by counting ones. What a format keeps
 * is the outermost of them (`OpEntry.calledThrough`); what that one calls inside is known for PyTorch's own.
 */
const INSIDE: Readonly<Record<string, (entry: OpEntry) => readonly string[]>> = byName({
  'F.multi_head_attention_forward': (e) =>
    named(e, {
      linear: 'F.linear',
      softmax: 'F.softmax',
      attention: 'F.scaled_dot_product_attention',
      matmul: 'torch.bmm',
      baddbmm: 'torch.baddbmm',
    }),
  'F.interpolate': (e) => ['F.interpolate', ...(e.op.startsWith('adaptive_') ? [`F.${e.op}${e.attrs.axes}d`] : [])],
  'F.local_response_norm': (e) => named(e, { mul: 'Tensor.mul', add: 'Tensor.add', avg_pool: averagePool(e) }),
  // sign(mean) * relu(|mean|) by a sign, the number of elements of a window by a method.
  'F.lp_pool1d': (e) => lpPool(e),
  'F.lp_pool2d': (e) => lpPool(e),
  'F.lp_pool3d': (e) => lpPool(e),
  'F.softmin': (e) => named(e, { softmax: 'Tensor.softmax' }),
  'F.gumbel_softmax': (e) => named(e, { softmax: 'Tensor.softmax' }),
  'F.upsample': (e) => ['F.upsample', ...(INSIDE['F.interpolate']?.(e) ?? [])],
  'F.upsample_nearest': (e) => INSIDE['F.interpolate']?.(e) ?? [],
  'F.upsample_bilinear': (e) => INSIDE['F.interpolate']?.(e) ?? [],
  'F.normalize': () => [],
  'F.embedding_bag': () => [],
});

function named(entry: OpEntry, names: Readonly<Record<string, string>>): readonly string[] {
  const name = Object.hasOwn(names, entry.op) ? names[entry.op] : undefined;
  return name === undefined ? [] : [name];
}

const averagePool = (e: OpEntry): string => `F.avg_pool${e.attrs.axes}d`;

function lpPool(e: OpEntry): readonly string[] {
  const scalar = e.inputs.length < 2 || e.inputs[1]?.type?.shape.length === 0;
  return named(e, { avg_pool: averagePool(e), relu: 'F.relu', ...(scalar ? { mul: 'Tensor.mul' } : {}) });
}

/** Where a file does not say: as PyTorch's own layers and most models spell it. */
const USUAL: Readonly<Record<string, (entry: OpEntry) => string>> = byName({
  conv: (e) => `F.conv${axes(e)}d`,
  conv_transpose: (e) => `F.conv_transpose${axes(e)}d`,
  matmul: () => 'torch.matmul',
  addmm: () => 'torch.addmm',
  baddbmm: () => 'torch.baddbmm',
  einsum: () => 'torch.einsum',
  add: () => '+',
  sub: () => '-',
  mul: () => '*',
  div: () => '/',
  resize: () => 'F.interpolate',
  attention: () => 'F.scaled_dot_product_attention',
  max_pool: (e) => `F.max_pool${e.attrs.axes}d`,
  avg_pool: (e) => `F.avg_pool${e.attrs.axes}d`,
  adaptive_avg_pool: (e) => `F.adaptive_avg_pool${e.attrs.axes}d`,
  adaptive_max_pool: (e) => `F.adaptive_max_pool${e.attrs.axes}d`,
  gelu_tanh: () => 'F.gelu',
});

function axes(e: OpEntry): number {
  return attrsAs('conv', e).kernel?.length ?? 2;
}

/** Layers that keep their activation function from when they were built: a tool that replaces it later is not called. */
const KEEPS_ACTIVATION = new Set(['torch.nn.TransformerEncoderLayer', 'torch.nn.TransformerDecoderLayer']);

/**
 * Matrix products in libraries' own code that one kept line does not tell the spelling of, being a call of a function or
 * under autocast: by class, the name of the first, the second, … product of a call.
 */
const PRODUCTS: Readonly<Record<string, (nth: number) => string>> = byName({
  'torchvision.models.swin_transformer.ShiftedWindowAttention': () => 'Tensor.matmul',
  'torchvision.models.video.swin_transformer.ShiftedWindowAttention3d': () => 'Tensor.matmul',
  'torchvision.models.swin_transformer.ShiftedWindowAttentionV2': (nth) => (nth === 0 ? '@' : 'Tensor.matmul'),
  'timm.models.efficientvit_mit.LiteMLA': () => '@',
});

function productName(entry: OpEntry): string | null {
  const rule = entry.op === 'matmul' ? PRODUCTS[entry.call.module.type] : undefined;
  if (rule === undefined || !/^(@|Tensor\.matmul)$/.test(entry.calledThrough ?? '')) return null;
  const products = entry.call.steps.filter((s) => s.kind === 'op' && s.entry.op === 'matmul');
  return rule(products.findIndex((s) => s.kind === 'op' && s.entry === entry));
}

/** The functions that a tool could have replaced, from the outside in. */
export function namesOf(entry: OpEntry): readonly string[] {
  const product = productName(entry);
  if (product !== null) return [product];
  const kept = entry.call.module.classHierarchy.some((type) => KEEPS_ACTIVATION.has(type));
  if (kept && /^(relu|gelu)/.test(entry.op)) return [];
  const calledThrough = entry.calledThrough ?? USUAL[entry.op]?.(entry) ?? `F.${entry.op}`;
  return INSIDE[calledThrough]?.(entry) ?? [calledThrough];
}

/** The note for a file that does not say which functions its code called. */
export function spellingNote(ledger: Ledger, tool: string): Note[] {
  if (ledger.entries.some((e) => e.calledThrough !== null) || ledger.entries.length === 0) return [];
  return [
    {
      code: 'spelling-assumed',
      message: `${tool} replaces functions of PyTorch; this file does not say which ones its code called: sums and products of tensors are taken for signs (+, *), matrix products for torch.matmul`,
    },
  ];
}
