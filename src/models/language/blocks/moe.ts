import { ModelError } from '../../../source/errors.js';
import * as nn from '../../../torch/nn/index.js';
import type { Named } from './block.js';
import { type Activation, type Layer, linear } from './parts.js';
import { type Parts, unit } from './unit.js';

export interface MoeSpec {
  readonly type: string;
  readonly hidden: number;
  readonly experts: number;
  readonly top_k: number;
  readonly inner: number;
  readonly activation: Activation;
  /** The router: its name, `gate` by default, or a module of its own (hidden → experts). */
  readonly router?: Named<Layer> | string;
  readonly router_bias?: boolean;
  /** Experts that every token goes through. */
  readonly shared?: Named<Layer> | null;
  /** A sigmoid of one number a token that the shared experts are multiplied by. */
  readonly shared_gate?: string | null;
  readonly expert?: Partial<nn.ExpertsOptions>;
  /** Experts in a space of their own: projections into it and out of it. */
  readonly around?: { readonly parts: Parts; readonly before: Layer; readonly after: Layer } | null;
  readonly parts?: Parts;
}

/** A router, the experts that it picks, and those that all tokens share. */
export function moe(s: MoeSpec): Layer {
  if (s.top_k > s.experts)
    throw new ModelError('malformed', `a token cannot go to ${s.top_k} of ${s.experts} experts`, {
      format: 'transformers',
      at: { field: 'num_experts_per_tok' },
      hint: 'compare the file with the model’s page',
    });
  const experts = new nn.Experts({
    experts: s.experts,
    top_k: s.top_k,
    hidden: s.hidden,
    inner: s.inner,
    activation: s.activation,
    ...s.expert,
  });
  const [routerName, router] =
    typeof s.router === 'object' ? s.router : [s.router ?? 'gate', linear(s.hidden, s.experts, s.router_bias ?? false)];
  const gate = s.shared_gate ? linear(s.hidden, 1, false) : null;
  const parts: Record<string, nn.AnyModule> = { [routerName]: router, experts };
  if (s.shared) parts[s.shared[0]] = s.shared[1];
  if (gate !== null) parts[s.shared_gate as string] = gate;
  return unit(s.type, { ...parts, ...s.around?.parts, ...s.parts }, (x: nn.Tensor): nn.Tensor => {
    router(x).softmax(-1).topk(s.top_k);
    const inside = s.around?.before(x) ?? x;
    let out = experts(inside);
    if (s.around) out = s.around.after(out);
    if (s.shared) {
      const all = s.shared[1](x);
      out = out.add(gate === null ? all : gate(x).sigmoid().mul(all));
    }
    return out;
  });
}
