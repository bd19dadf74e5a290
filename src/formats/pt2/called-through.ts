import { byName } from '../../source/by-name.js';
import { PYTHON_SIGNS } from '../../torch/operators/signs.js';

/** Functions of torch.nn.functional that are written in C: they have no mark of it. */
const FUNCTIONAL = new Set([
  'conv1d',
  'conv2d',
  'conv3d',
  'conv_transpose1d',
  'conv_transpose2d',
  'conv_transpose3d',
  'conv_tbc',
  'linear',
  'bilinear',
  'gelu',
  'scaled_dot_product_attention',
  'avg_pool1d',
  'avg_pool2d',
  'avg_pool3d',
  'adaptive_avg_pool1d',
  'pixel_shuffle',
  'pixel_unshuffle',
  'channel_shuffle',
  'prelu',
  'log_sigmoid',
  'logsigmoid',
  'hardshrink',
  'softshrink',
  'softplus',
  'one_hot',
  'cosine_similarity',
  'pdist',
]);
/** Functions of torch itself that are written in Python. */
const OF_TORCH = new Set([
  'einsum',
  'meshgrid',
  'split',
  'norm',
  'cdist',
  'stft',
  'istft',
  'unique',
  'unique_consecutive',
  'tensordot',
  'broadcast_tensors',
  'cartesian_prod',
  'block_diag',
  'chain_matmul',
  'atleast_1d',
  'atleast_2d',
  'atleast_3d',
]);
const RENAMED: Readonly<Record<string, string>> = byName({ log_sigmoid: 'logsigmoid' });

/** Functions of the methods behind Python's signs, if they are not called as the method is. */
const DUNDER: Readonly<Record<string, string>> = byName({ truediv: 'div', floordiv: 'floor_divide', mod: 'remainder' });

/**
 * The function through which the model's code came to a node, in `OpEntry.calledThrough`'s words, from the file's `torch_fn`
 * (`conv2d_1;builtin_function_or_method.conv2d`) and the line of code at the end of its stack trace. Signs and methods
 * leave the same mark (`a + b`, `a.add(b)`): only the line tells them apart. Null if nothing is said.
 */
export function calledThroughOf(torchFn: string, stackTrace: string): string | null {
  const found = /;([\w-]+)\.([\w.]+)$/.exec(torchFn);
  if (found === null) return null;
  const [, kind = '', name = ''] = found;
  const line = stackTrace.slice(stackTrace.lastIndexOf('\n') + 1);
  const frame = stackTrace.slice(stackTrace.lastIndexOf('File "'), stackTrace.length - line.length);
  const dunder = /^__(\w+)__$/.exec(name)?.[1];
  if (dunder !== undefined) return dunderSign(dunder) ?? `Tensor.${name}`;
  switch (kind) {
    case 'function':
      if (name === 'pow') return signOrMethod(name, line, frame);
      return OF_TORCH.has(name) ? `torch.${name}` : `F.${name}`;
    case 'builtin_function_or_method': {
      const functional = FUNCTIONAL.has(name) && !line.includes(`torch.${name}(`);
      return functional ? `F.${RENAMED[name] ?? name}` : `torch.${name}`;
    }
    case 'method_descriptor':
      return signOrMethod(name, line, frame);
    case 'wrapper_descriptor':
    case 'method-wrapper':
      return `Tensor.${name}`;
    default:
      return null;
  }
}

/** `__add__` and, reflected or in place, `__radd__`, `__iadd__`. */
function dunderSign(name: string): string | null {
  const plain = (n: string): string | undefined => PYTHON_SIGNS[DUNDER[n] ?? n];
  const own = plain(name);
  if (own !== undefined) return own;
  const rest = plain(name.slice(1));
  return rest === undefined ? null : name.startsWith('i') ? `${rest}=` : name.startsWith('r') ? rest : null;
}

/**
 * A line with neither the method nor its sign called a function in which the operator stands, and only the line of that
 * call is kept: then a sign, as such code mostly has, except for products in torchvision's, which writes methods.
 */
function signOrMethod(name: string, line: string, frame: string): string {
  const inplace = name.endsWith('_');
  const sign = PYTHON_SIGNS[inplace ? name.slice(0, -1) : name];
  if (sign === undefined || line.includes(`.${name}(`)) return `Tensor.${name}`;
  const method = sign === '@' && !line.includes('@') && /[/\\]torchvision[/\\]/.test(frame);
  return method ? `Tensor.${name}` : `${sign}${inplace ? '=' : ''}`;
}
