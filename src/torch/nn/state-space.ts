import type { Dim } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { optionsIn, someIn, spelt, typeIn } from './argument.js';
import { Conv1d } from './conv.js';
import * as F from './functional.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { RMSNorm } from './norm.js';
import { Parameter } from './parameter.js';
import { Pass } from './pass.js';
import { run, type Tensor } from './tensor.js';
import { int } from './tensor-shapes.js';

/**
 * A depthwise convolution over the past alone, N×C×S → N×C×S: the first pass pads on both sides and cuts what is too much, as PyTorch code
 * does; later ones put the last K inputs in front, which the cache keeps.
 */
export function causal_conv1d(x: Tensor, conv: Conv1d, pass: Pass, name = 'conv'): Tensor {
  typeIn(x);
  passIn(pass);
  if (!(conv instanceof Conv1d))
    throw new ModelError('argument', `the convolution is a Conv1d, and ${spelt(conv)} was given`, { format: 'nn' });
  const kernel = int(conv.weight.size(-1));
  const [n, channels, steps] = x.shape as readonly [Dim, Dim, Dim];
  const options = { groups: int(channels) };
  const kept = pass.state(name, [n, channels, kernel], x.dtype);
  if (pass.first) return F.conv1d(x, conv.weight, conv.bias, { ...options, padding: kernel - 1 }).narrow(2, 0, steps);
  const longer = F.cat([kept, x], 2);
  return F.conv1d(longer, conv.weight, conv.bias, options).narrow(2, 1, steps);
}

function passIn(pass: Pass): void {
  if (!(pass instanceof Pass))
    throw new ModelError('argument', `a pass is needed, and ${spelt(pass)} was given`, {
      format: 'nn',
      hint: 'new nn.Pass(…)',
    });
}

/** A scan over the steps of a pass, its state kept for the next. Returns N×S×(heads·depth). */
export function selective_scan(
  inputs: readonly Tensor[],
  pass: Pass,
  o: { heads: number; depth: number; state: number; chunk: number | null },
): Tensor {
  const [x] = someIn('selective_scan', inputs);
  passIn(pass);
  optionsIn(o);
  const before = pass.state('state', [pass.batch, o.heads, o.depth, o.state], 'float32');
  const effect = ops.selectiveScan({
    dtype: x.dtype,
    batch: x.size(0),
    steps: x.size(1),
    heads: o.heads,
    depth: o.depth,
    state: o.state,
    // One step after others is computed as it is.
    chunk: pass.step ? null : o.chunk,
  });
  return run(effect, pass.first ? inputs : [...inputs, before], 'selective_scan')[0] as Tensor;
}

export interface MambaOptions {
  readonly hidden_size: number;
  readonly inner_size: number;
  readonly state_size: number;
  readonly conv_kernel: number;
  /** Rank of the projection of time steps. */
  readonly dt_rank: number;
  readonly conv_bias?: boolean;
  readonly bias?: boolean;
  /** Norms of time step, B and C, as Jamba has (learned) and Falcon Mamba (without weights). */
  readonly norms?: 'learned' | 'plain' | null;
}

/** The mixer of Mamba: N×S×hidden → N×S×hidden. */
export class Mamba extends Module<[Tensor, Pass], Tensor> {
  static override readonly type: string = 'Mamba';
  readonly #o: MambaOptions;
  A_log: Parameter;
  D: Parameter;
  conv1d: Conv1d;
  in_proj: Linear;
  x_proj: Linear;
  dt_proj: Linear;
  out_proj: Linear;
  dt_layernorm: RMSNorm | null = null;
  b_layernorm: RMSNorm | null = null;
  c_layernorm: RMSNorm | null = null;

  constructor(options: MambaOptions) {
    super();
    const {
      hidden_size,
      inner_size,
      state_size,
      conv_kernel,
      dt_rank,
      conv_bias = true,
      bias = false,
    } = optionsIn(options);
    this.#o = options;
    this.A_log = new Parameter([inner_size, state_size]);
    this.D = new Parameter([inner_size]);
    this.conv1d = new Conv1d(inner_size, inner_size, conv_kernel, {
      groups: inner_size,
      bias: conv_bias,
      padding: conv_kernel - 1,
    });
    this.in_proj = new Linear(hidden_size, 2 * inner_size, bias);
    this.x_proj = new Linear(inner_size, dt_rank + 2 * state_size, false);
    this.dt_proj = new Linear(dt_rank, inner_size, true);
    this.out_proj = new Linear(inner_size, hidden_size, bias);
    if (options.norms === 'learned') {
      this.dt_layernorm = new RMSNorm(dt_rank);
      this.b_layernorm = new RMSNorm(state_size);
      this.c_layernorm = new RMSNorm(state_size);
    }
  }

  forward(x: Tensor, pass: Pass): Tensor {
    const { inner_size, state_size, dt_rank, norms } = this.#o;
    const [inside, gate] = this.in_proj(x).chunk(2, -1) as [Tensor, Tensor];
    const mixed = F.silu(causal_conv1d(inside.transpose(1, 2), this.conv1d, pass)).transpose(1, 2);
    const [dt, b, c] = this.x_proj(mixed).split([dt_rank, state_size, state_size], -1) as [Tensor, Tensor, Tensor];
    const plain = (t: Tensor): Tensor => (norms === 'plain' ? F.rms_norm(t, [t.size(-1)]) : t);
    const step = F.softplus(this.dt_proj(this.dt_layernorm?.(dt) ?? plain(dt)));
    const scanned = selective_scan(
      [mixed, step, this.b_layernorm?.(b) ?? plain(b), this.c_layernorm?.(c) ?? plain(c), this.A_log, this.D],
      pass,
      { heads: inner_size, depth: 1, state: state_size, chunk: null },
    );
    return this.out_proj(scanned.mul(F.silu(gate)));
  }
}

export interface Mamba2Options {
  readonly hidden_size: number;
  readonly num_heads: number;
  readonly head_dim: number;
  readonly state_size: number;
  readonly n_groups: number;
  readonly conv_kernel: number;
  readonly chunk_size: number;
  readonly conv_bias?: boolean;
  readonly bias?: boolean;
  /** A bias of the output projection, if it is not as the other's. */
  readonly output_bias?: boolean;
  /** The gated norm before the output; true. */
  readonly norm?: boolean;
}

/** The mixer of Mamba 2: heads share B and C in groups, and prefill goes in chunks. N×S×hidden → N×S×hidden. */
export class Mamba2 extends Module<[Tensor, Pass], Tensor> {
  static override readonly type: string = 'Mamba2';
  readonly #o: Mamba2Options;
  dt_bias: Parameter;
  A_log: Parameter;
  D: Parameter;
  conv1d: Conv1d;
  in_proj: Linear;
  norm: RMSNorm | null;
  out_proj: Linear;

  constructor(options: Mamba2Options) {
    super();
    const {
      hidden_size,
      num_heads,
      head_dim,
      state_size,
      n_groups,
      conv_kernel,
      conv_bias = true,
      bias = false,
    } = optionsIn(options);
    this.#o = options;
    const inner = num_heads * head_dim;
    const channels = inner + 2 * n_groups * state_size;
    this.dt_bias = new Parameter([num_heads]);
    this.A_log = new Parameter([num_heads]);
    this.D = new Parameter([num_heads]);
    this.conv1d = new Conv1d(channels, channels, conv_kernel, {
      groups: channels,
      bias: conv_bias,
      padding: conv_kernel - 1,
    });
    this.in_proj = new Linear(hidden_size, inner + channels + num_heads, bias);
    this.norm = (options.norm ?? true) ? new RMSNorm(inner) : null;
    this.out_proj = new Linear(inner, hidden_size, options.output_bias ?? bias);
  }

  forward(x: Tensor, pass: Pass): Tensor {
    const { num_heads: heads, head_dim: depth, state_size: state, n_groups, chunk_size: chunk } = this.#o;
    const inner = heads * depth;
    const groups = n_groups * state;
    const [gate, mixed, dt] = this.in_proj(x).split([inner, inner + 2 * groups, heads], -1) as [Tensor, Tensor, Tensor];
    const convolved = F.silu(causal_conv1d(mixed.transpose(1, 2), this.conv1d, pass)).transpose(1, 2);
    const [values, b, c] = convolved.split([inner, groups, groups], -1) as [Tensor, Tensor, Tensor];
    const step = F.softplus(dt.add(this.dt_bias));
    const y = selective_scan([values, step, b, c, this.A_log, this.D], pass, { heads, depth, state, chunk });
    const gated = y.mul(F.silu(gate));
    return this.out_proj(this.norm?.(gated) ?? gated);
  }
}
