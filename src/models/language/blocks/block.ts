import type * as nn from '../../../torch/nn/index.js';
import type { Layer, PassLayer } from './parts.js';
import { type Parts, unit } from './unit.js';

/** A part under the name that checkpoints have for it. */
export type Named<M> = readonly [name: string, part: M];

/** Parts that are in the layer itself, and what they compute. */
export interface Loose {
  readonly parts: Parts;
  readonly run: (x: nn.Tensor) => nn.Tensor;
}

export interface BlockSpec {
  readonly type: string;
  readonly attention: Named<PassLayer>;
  readonly mlp: Named<Layer | PassLayer> | Loose;
  /** A second MLP on the same input, its result added to the first's. */
  readonly beside?: Named<Layer>;
  /**
   * Where norms stand. `pre`: before attention and before the MLP; `post`: after each, before the residual; `both`: before and
   * after each; `parallel`: attention and MLP side by side, of one norm or of one each; `after`: after the residual, as in BERT.
   */
  readonly style: 'pre' | 'post' | 'both' | 'parallel' | 'after';
  /** In the order in which they are applied. */
  readonly norms: readonly (Named<Layer> | null)[];
  /** Scalar multiplication of each branch before it is added, as Granite has. */
  readonly scaled?: boolean;
  readonly parts?: Parts;
  /** The order in which parts are registered does not matter to costs; a branch may be changed before it is added. */
  readonly branch?: (x: nn.Tensor, residual: nn.Tensor, which: 0 | 1) => nn.Tensor;
}

/** One layer of a transformer: attention and MLP with residuals and norms. */
export function block(s: BlockSpec): PassLayer {
  const attention = s.attention[1];
  const first = 'run' in s.mlp ? s.mlp.run : s.mlp[1];
  const second = s.beside?.[1];
  const mlp = (x: nn.Tensor, pass: nn.Pass): nn.Tensor =>
    second === undefined ? (first as PassLayer)(x, pass) : (first as PassLayer)(x, pass).add(second(x));
  const norms = s.norms.map((n) => n?.[1] ?? null);
  const norm = (i: number, x: nn.Tensor): nn.Tensor => norms[i]?.(x) ?? x;
  const join = (residual: nn.Tensor, x: nn.Tensor, which: 0 | 1): nn.Tensor => {
    if (s.branch) return s.branch(x, residual, which);
    return residual.add(s.scaled ? x.mul(1) : x);
  };
  const parts: Record<string, nn.AnyModule> = { [s.attention[0]]: attention };
  if ('run' in s.mlp) Object.assign(parts, s.mlp.parts);
  else parts[s.mlp[0]] = s.mlp[1];
  if (s.beside) parts[s.beside[0]] = s.beside[1];
  for (const n of s.norms) if (n !== null) parts[n[0]] = n[1];
  return unit(s.type, { ...parts, ...s.parts }, (x: nn.Tensor, pass: nn.Pass): nn.Tensor => {
    switch (s.style) {
      case 'pre': {
        const y = join(x, attention(norm(0, x), pass), 0);
        return join(y, mlp(norm(1, y), pass), 1);
      }
      case 'post': {
        const y = join(x, norm(0, attention(x, pass)), 0);
        return join(y, norm(1, mlp(y, pass)), 1);
      }
      case 'both': {
        const y = join(x, norm(1, attention(norm(0, x), pass)), 0);
        return join(y, norm(3, mlp(norm(2, y), pass)), 1);
      }
      case 'parallel': {
        const a = norm(0, x);
        const b = norms.length > 1 ? norm(1, x) : a;
        return join(join(x, attention(a, pass), 0), mlp(b, pass), 1);
      }
      case 'after': {
        const y = norm(0, join(x, attention(x, pass), 0));
        return norm(1, join(y, mlp(y, pass), 1));
      }
    }
  });
}
