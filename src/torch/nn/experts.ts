import type { Attr } from '../../ops/index.js';
import { optionsIn } from './argument.js';
import * as F from './functional.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { Tensor } from './tensor.js';

export interface ExpertsOptions {
  readonly experts: number;
  /** How many of them a token goes through. */
  readonly top_k: number;
  /** Of those that compute, this many count towards a token: fewer where an implementation runs all and masks. */
  readonly active?: number;
  readonly hidden: number;
  readonly inner: number;
  readonly activation: (x: Tensor) => Tensor;
  /** activation(gate) · up, both from one matrix; true. Else one plain matrix up. */
  readonly gated?: boolean;
  readonly bias?: boolean;
  /** Matrices stored as in×out instead of out×in. */
  readonly in_out?: boolean;
  /** Names of the stacked matrices. `gate_up_proj` (`up_proj` where not gated) and `down_proj`; a `gate` of its own name is a matrix of its own. */
  readonly names?: { readonly gate?: string; readonly up?: string; readonly down?: string };
  /** All experts in matrices of two axes, (experts · inner)×hidden, the last one too; they have a gate of its own name. */
  readonly flat?: boolean;
}

/**
 * Feed-forward experts, their matrices stacked in tensors of three axes. x: rows×hidden, each row through `top_k` experts
 * whose outputs are weighted and summed; what the router decides does not change the cost. Experts that a token does not
 * go through cost nothing.
 */
export class Experts extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'Experts';
  readonly #o: ExpertsOptions;
  readonly #up: string;
  readonly #down: string;

  constructor(options: ExpertsOptions) {
    super();
    const { experts, hidden, inner, gated = true, bias = false, in_out = false } = optionsIn(options);
    this.#o = options;
    this.#up = options.names?.up ?? (gated ? 'gate_up_proj' : 'up_proj');
    this.#down = options.names?.down ?? 'down_proj';
    const self = this as unknown as Record<string, Parameter>;
    if (options.flat) {
      for (const name of [options.names?.gate, this.#up, this.#down])
        if (name !== undefined) self[name] = new Parameter([experts * inner, hidden]);
      return;
    }
    const wide = gated && options.names?.gate === undefined ? 2 * inner : inner;
    if (options.names?.gate !== undefined)
      self[options.names.gate] = new Parameter(in_out ? [experts, hidden, inner] : [experts, inner, hidden]);
    self[this.#up] = new Parameter(in_out ? [experts, hidden, wide] : [experts, wide, hidden]);
    if (bias) self[`${this.#up}_bias`] = new Parameter([experts, wide]);
    self[this.#down] = new Parameter(in_out ? [experts, inner, hidden] : [experts, hidden, inner]);
    if (bias) self[`${this.#down}_bias`] = new Parameter([experts, hidden]);
  }

  override describe(): Readonly<Record<string, Attr>> {
    const { experts, top_k, hidden, inner, in_out = false } = this.#o;
    return { experts, top_k, hidden, inner, in_out };
  }

  /** Experts that a token is put through. */
  get computed(): number {
    return Math.min(this.#o.top_k, this.#o.experts);
  }

  /** Of all parameters those that one token uses. */
  get active_fraction(): readonly [used: number, of: number] {
    return [Math.min(this.#o.active ?? this.#o.top_k, this.#o.experts), this.#o.experts];
  }

  forward(x: Tensor): Tensor {
    const { top_k, hidden, gated = true, activation, in_out = false } = this.#o;
    const self = this as unknown as Record<string, Parameter | undefined>;
    const bias = (name: string): Tensor | null => self[`${name}_bias`] ?? null;
    const rows = x.reshape(-1, hidden);
    const each = rows.unsqueeze(1).expand(rows.size(0), top_k, hidden);
    const { flat = false } = this.#o;
    const apart = this.#o.names?.gate;
    const stacked = (name: string): Tensor => {
      const weight = self[name] as Tensor;
      return flat ? weight.view(this.#o.experts, this.#o.inner, hidden) : weight;
    };
    const wide = F.expert_linear(each, stacked(this.#up), bias(this.#up), !in_out);
    let inner: Tensor;
    if (apart !== undefined) inner = activation(F.expert_linear(each, stacked(apart), null, !in_out)).mul(wide);
    else if (gated) {
      const [gate, up] = wide.chunk(2, -1) as [Tensor, Tensor];
      inner = activation(gate).mul(up);
    } else inner = activation(wide);
    const out = F.expert_linear(inner, stacked(this.#down), bias(this.#down), !(in_out || flat));
    // Each output times the weight that the router gave it, then their sum.
    return out.mul(1).sum(1).view(x.shape);
  }
}
