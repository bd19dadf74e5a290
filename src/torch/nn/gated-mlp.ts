import { optionsIn } from './argument.js';
import { Linear } from './linear.js';
import { type AnyModule, Module } from './module.js';
import type { Tensor } from './tensor.js';

export interface GatedMLPOptions {
  readonly bias?: boolean;
  readonly activation: (x: Tensor) => Tensor;
  /** Names in checkpoints; `merged` has gate and up in one projection. `gate_proj`, `up_proj`, `down_proj`. */
  readonly names?: { readonly gate?: string; readonly up?: string; readonly down?: string; readonly merged?: string };
  readonly linear?: (inputs: number, outputs: number, bias: boolean) => AnyModule;
}

/** down(activation(gate(x)) · up(x)): …×hidden → …×hidden, with `inner` in between. */
export class GatedMLP extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'GatedMLP';
  readonly #names: { gate: string; up: string; down: string; merged?: string };
  readonly #activation: (x: Tensor) => Tensor;

  constructor(hidden: number, inner: number, options: GatedMLPOptions) {
    super();
    const names = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj', ...optionsIn(options).names };
    const linear = options.linear ?? ((i: number, o: number, bias: boolean) => new Linear(i, o, bias));
    const bias = options.bias ?? false;
    this.#names = names;
    this.#activation = options.activation;
    const self = this as unknown as Record<string, AnyModule>;
    if (names.merged !== undefined) self[names.merged] = linear(hidden, 2 * inner, bias);
    else {
      self[names.gate] = linear(hidden, inner, bias);
      self[names.up] = linear(hidden, inner, bias);
    }
    self[names.down] = linear(inner, hidden, bias);
  }

  forward(x: Tensor): Tensor {
    const self = this as unknown as Record<string, (x: Tensor) => Tensor>;
    const { gate, up, down, merged } = this.#names;
    const [g, u] =
      merged === undefined ? [self[gate]!(x), self[up]!(x)] : (self[merged]!(x).chunk(2, -1) as [Tensor, Tensor]);
    return self[down]!(this.#activation(g).mul(u));
  }
}
