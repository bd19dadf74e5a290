import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import type { Shape } from '../../tensor/index.js';
import { optionsIn, typeIn } from './argument.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { run1, type Tensor } from './tensor.js';

/** Returns what it gets, whatever it was built with. */
export class Identity extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Identity';
  constructor(..._ignored: readonly unknown[]) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Nothing at inference; in training each element is scaled by a random mask. */
class DropoutBase extends Module<[Tensor], Tensor> {
  /** Whether whole channels are dropped. */
  protected get channels(): boolean {
    return false;
  }
  readonly p: number;
  readonly inplace: boolean;
  constructor(...rest: Rest<[p: number, inplace: boolean], { p?: number; inplace?: boolean }>) {
    super();
    const a = named<{ p: number; inplace: boolean }>('Dropout', rest, ['p', 'inplace'], { p: 0.5, inplace: false });
    this.p = a.p;
    this.inplace = a.inplace;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { p: this.p };
  }
  forward(x: Tensor): Tensor {
    return run1(
      ops.dropout(typeIn(x), this.training && this.p !== 0, { p: this.p, channels: this.channels }),
      [x],
      'F.dropout',
    );
  }
}
export class Dropout extends DropoutBase {
  static override readonly type: string = 'torch.nn.Dropout';
}
export class Dropout1d extends DropoutBase {
  static override readonly type: string = 'torch.nn.Dropout1d';
  protected override get channels(): boolean {
    return true;
  }
}
export class Dropout2d extends DropoutBase {
  static override readonly type: string = 'torch.nn.Dropout2d';
  protected override get channels(): boolean {
    return true;
  }
}
export class Dropout3d extends DropoutBase {
  static override readonly type: string = 'torch.nn.Dropout3d';
  protected override get channels(): boolean {
    return true;
  }
}
export class AlphaDropout extends DropoutBase {
  static override readonly type: string = 'torch.nn.AlphaDropout';
}
export class FeatureAlphaDropout extends DropoutBase {
  static override readonly type: string = 'torch.nn.FeatureAlphaDropout';
  protected override get channels(): boolean {
    return true;
  }
}

export class Flatten extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Flatten';
  readonly start_dim: number;
  readonly end_dim: number;
  constructor(...rest: Rest<[start_dim: number, end_dim: number], { start_dim?: number; end_dim?: number }>) {
    super();
    const a = named<{ start_dim: number; end_dim: number }>('Flatten', rest, ['start_dim', 'end_dim'], {
      start_dim: 1,
      end_dim: -1,
    });
    this.start_dim = a.start_dim;
    this.end_dim = a.end_dim;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { start_dim: this.start_dim, end_dim: this.end_dim };
  }
  forward(x: Tensor): Tensor {
    return x.flatten(this.start_dim, this.end_dim);
  }
}

export class Unflatten extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Unflatten';
  readonly dim: number;
  readonly unflattened_size: Shape;
  constructor(dim: number, unflattened_size: Shape) {
    super();
    this.dim = dim;
    this.unflattened_size = unflattened_size;
  }
  forward(x: Tensor): Tensor {
    return x.unflatten(this.dim, this.unflattened_size);
  }
}

/** Rows of a table chosen by integers: …→ …×embedding_dim. No arithmetic. */
export class Embedding extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Embedding';
  readonly num_embeddings: number;
  readonly embedding_dim: number;
  weight: Parameter;
  constructor(
    num_embeddings: number,
    embedding_dim: number,
    ...rest: Rest<[padding_idx: number | null], { padding_idx?: number | null }>
  ) {
    super();
    named<{ padding_idx: number | null }>('Embedding', rest, ['padding_idx'], { padding_idx: null });
    this.num_embeddings = num_embeddings;
    this.embedding_dim = embedding_dim;
    this.weight = new Parameter([num_embeddings, embedding_dim]);
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { num_embeddings: this.num_embeddings, embedding_dim: this.embedding_dim };
  }
  forward(x: Tensor): Tensor {
    return run1(ops.embedding(this.weight.type, typeIn(x)), [this.weight, x], 'F.embedding');
  }
}

/** The mean, sum or maximum of the rows of a bag: N×L → N×embedding_dim. */
export class EmbeddingBag extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.EmbeddingBag';
  readonly num_embeddings: number;
  readonly embedding_dim: number;
  readonly mode: 'sum' | 'mean' | 'max';
  weight: Parameter;
  constructor(num_embeddings: number, embedding_dim: number, options: { mode?: 'sum' | 'mean' | 'max' } = {}) {
    super();
    this.num_embeddings = num_embeddings;
    this.embedding_dim = embedding_dim;
    this.mode = optionsIn(options).mode ?? 'mean';
    this.weight = new Parameter([num_embeddings, embedding_dim]);
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { num_embeddings: this.num_embeddings, embedding_dim: this.embedding_dim, mode: this.mode };
  }
  forward(x: Tensor): Tensor {
    const effect = ops.embeddingBag(this.weight.type, typeIn(x), { bags: x.shape.slice(0, -1), mode: this.mode });
    return run1(effect, [this.weight, x], 'F.embedding_bag');
  }
}
