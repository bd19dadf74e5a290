import type { Dim } from '../../../dim/index.js';
import * as nn from '../../../torch/nn/index.js';
import { type Layer, linear } from './parts.js';
import { unit } from './unit.js';

const F = nn.functional;

export interface CrossSpec {
  readonly type: string;
  readonly hidden: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by several of queries; as many as of queries by default. */
  readonly kv?: number;
  readonly d: number;
  /** Width of what is attended to; `hidden` by default. */
  readonly source?: number;
  readonly bias?: boolean;
  readonly names?: { readonly q?: string; readonly k?: string; readonly v?: string; readonly o?: string };
  /** Norms of queries and keys, over each head. */
  readonly norms?: readonly [q: Layer, k: Layer] | null;
}
/** States that are attended to; null for keys and values that an earlier pass kept. */
export interface CrossInput {
  readonly states: nn.Tensor | null;
  readonly length: Dim;
  /** Where keys and values are kept for later passes. */
  readonly pass?: nn.Pass;
}

/** Attention of some tokens to others, with grouped heads: x N×S×hidden, states N×T×source → N×S×hidden. */
export function attendTo(s: CrossSpec): nn.Module<[nn.Tensor, CrossInput], nn.Tensor> {
  const names = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', ...s.names };
  const [kv, source, bias] = [s.kv ?? s.heads, s.source ?? s.hidden, s.bias ?? false];
  const q = linear(s.hidden, s.heads * s.d, bias);
  const [k, v] = [linear(source, kv * s.d, bias), linear(source, kv * s.d, bias)];
  const o = linear(s.heads * s.d, s.hidden, bias);
  const [qNorm, kNorm] = s.norms ?? [null, null];
  return unit(
    s.type,
    { [names.q]: q, [names.k]: k, [names.v]: v, [names.o]: o, q_norm: qNorm, k_norm: kNorm },
    (x: nn.Tensor, from: CrossInput): nn.Tensor => {
      const [n, length] = [x.size(0), x.size(1)];
      const part = (project: Layer, norm: Layer | null, name: string): nn.Tensor => {
        if (from.states === null) {
          if (from.pass === undefined) throw new Error(`${s.type}: nothing to attend to`);
          return from.pass.state(name, [n, kv, from.length, s.d], x.dtype);
        }
        const split = project(from.states).view(n, from.length, kv, s.d).transpose(1, 2);
        const made = norm?.(split) ?? split;
        from.pass?.kept.push({ name, dtype: made.dtype, shape: made.shape });
        return made;
      };
      const asked = q(x).view(n, length, s.heads, s.d).transpose(1, 2);
      const y = F.scaled_dot_product_attention(
        qNorm?.(asked) ?? asked,
        part(k, kNorm, 'cross_key'),
        part(v, null, 'cross_value'),
        { enable_gqa: kv !== s.heads },
      );
      return o(y.transpose(1, 2).reshape(n, length, s.heads * s.d));
    },
  );
}
