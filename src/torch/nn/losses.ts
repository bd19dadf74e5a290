import type { Attr } from '../../ops/index.js';
import * as F from './functional-loss.js';
import { Module } from './module.js';
import type { Tensor } from './tensor.js';

// Losses as layers, under PyTorch's names: each keeps its options and hands them to the function of its kind.

abstract class Loss<
  O extends F.LossOptions,
  Args extends readonly Tensor[] = [input: Tensor, target: Tensor],
> extends Module<Args, Tensor> {
  readonly options: O;
  constructor(options?: O) {
    super();
    this.options = (options ?? {}) as O;
  }
  override describe(): Readonly<Record<string, Attr>> {
    return { reduction: this.options.reduction ?? 'mean' };
  }
}
type Pair = (input: Tensor, target: Tensor, options?: F.LossOptions) => Tensor;
abstract class PairLoss extends Loss<F.LossOptions> {
  protected abstract of(): Pair;
  forward(input: Tensor, target: Tensor): Tensor {
    return this.of()(input, target, this.options);
  }
}
export class MSELoss extends PairLoss {
  static override readonly type: string = 'torch.nn.MSELoss';
  protected of(): Pair {
    return F.mse_loss;
  }
}
export class L1Loss extends PairLoss {
  static override readonly type: string = 'torch.nn.L1Loss';
  protected of(): Pair {
    return F.l1_loss;
  }
}
export class SmoothL1Loss extends PairLoss {
  static override readonly type: string = 'torch.nn.SmoothL1Loss';
  protected of(): Pair {
    return F.smooth_l1_loss;
  }
}
export class HuberLoss extends PairLoss {
  static override readonly type: string = 'torch.nn.HuberLoss';
  protected of(): Pair {
    return F.huber_loss;
  }
}
export class SoftMarginLoss extends PairLoss {
  static override readonly type: string = 'torch.nn.SoftMarginLoss';
  protected of(): Pair {
    return F.soft_margin_loss;
  }
}
export class KLDivLoss extends PairLoss {
  static override readonly type: string = 'torch.nn.KLDivLoss';
  protected of(): Pair {
    return F.kl_div;
  }
}
export class MultiLabelMarginLoss extends PairLoss {
  static override readonly type: string = 'torch.nn.MultiLabelMarginLoss';
  protected of(): Pair {
    return F.multilabel_margin_loss;
  }
}

/** A weight given to these is a buffer of theirs, as in PyTorch. */
abstract class WeightedLoss<O extends F.WeightedLossOptions = F.WeightedLossOptions> extends Loss<O> {
  weight: Tensor | null;
  constructor(options?: O) {
    super(options);
    this.weight = options?.weight ?? null;
  }
}
export class CrossEntropyLoss extends WeightedLoss {
  static override readonly type: string = 'torch.nn.CrossEntropyLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.cross_entropy(input, target, this.options);
  }
}
export class NLLLoss extends WeightedLoss {
  static override readonly type: string = 'torch.nn.NLLLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.nll_loss(input, target, this.options);
  }
}
export class BCELoss extends WeightedLoss {
  static override readonly type: string = 'torch.nn.BCELoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binary_cross_entropy(input, target, this.options);
  }
}
export class BCEWithLogitsLoss extends WeightedLoss<F.WeightedLossOptions & { readonly pos_weight?: Tensor | null }> {
  static override readonly type: string = 'torch.nn.BCEWithLogitsLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binary_cross_entropy_with_logits(input, target, this.options);
  }
}
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  static override readonly type: string = 'torch.nn.MultiLabelSoftMarginLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabel_soft_margin_loss(input, target, this.options);
  }
}

export class PoissonNLLLoss extends Loss<F.LossOptions & { readonly log_input?: boolean; readonly full?: boolean }> {
  static override readonly type: string = 'torch.nn.PoissonNLLLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.poisson_nll_loss(input, target, this.options);
  }
}
export class GaussianNLLLoss extends Loss<
  F.LossOptions & { readonly full?: boolean },
  [input: Tensor, target: Tensor, variance: Tensor]
> {
  static override readonly type: string = 'torch.nn.GaussianNLLLoss';
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return F.gaussian_nll_loss(input, target, variance, this.options);
  }
}
export class CTCLoss extends Loss<
  F.LossOptions & { readonly blank?: number; readonly zero_infinity?: boolean },
  [log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor]
> {
  static override readonly type: string = 'torch.nn.CTCLoss';
  forward(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor): Tensor {
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, this.options);
  }
}
export class HingeEmbeddingLoss extends Loss<F.MarginOptions> {
  static override readonly type: string = 'torch.nn.HingeEmbeddingLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.hinge_embedding_loss(input, target, this.options);
  }
}
export class MultiMarginLoss extends Loss<F.MarginOptions & { readonly p?: number }> {
  static override readonly type: string = 'torch.nn.MultiMarginLoss';
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multi_margin_loss(input, target, this.options);
  }
}

type Three = [a: Tensor, b: Tensor, c: Tensor];
export class MarginRankingLoss extends Loss<F.MarginOptions, Three> {
  static override readonly type: string = 'torch.nn.MarginRankingLoss';
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return F.margin_ranking_loss(a, b, target, this.options);
  }
}
export class CosineEmbeddingLoss extends Loss<F.MarginOptions, Three> {
  static override readonly type: string = 'torch.nn.CosineEmbeddingLoss';
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return F.cosine_embedding_loss(a, b, target, this.options);
  }
}
export class TripletMarginLoss extends Loss<F.TripletOptions, Three> {
  static override readonly type: string = 'torch.nn.TripletMarginLoss';
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return F.triplet_margin_loss(anchor, positive, negative, this.options);
  }
}
export class TripletMarginWithDistanceLoss extends Loss<
  F.TripletOptions & { readonly distance_function?: (a: Tensor, b: Tensor) => Tensor },
  Three
> {
  static override readonly type: string = 'torch.nn.TripletMarginWithDistanceLoss';
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return F.triplet_margin_with_distance_loss(anchor, positive, negative, this.options);
  }
}
