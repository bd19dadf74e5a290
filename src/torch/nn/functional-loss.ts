import { ModelError } from '../../source/errors.js';
import { optionsIn, tensorsOnly } from './argument.js';
import { type AtenArg, aten1 } from './aten.js';
import { logsigmoid } from './functional.js';
import { named } from './kwargs.js';
import { inside } from './session.js';
import type { Tensor } from './tensor.js';

// Losses under the names of torch.nn.functional. Those that PyTorch has no operator for are made of the same steps as there.

export type Reduction = 'none' | 'mean' | 'sum';

/** How the losses of all elements or rows are combined: by their mean where left out. */
export interface LossOptions {
  readonly reduction?: Reduction;
}
export interface WeightedLossOptions extends LossOptions {
  readonly weight?: Tensor | null;
}

/** Throws ModelError for an option that a loss does not have: in PyTorch a mistyped one is an error too. */
function check(name: string, options: object, ...own: readonly string[]): void {
  named<Record<string, unknown>>(`F.${name}`, [optionsIn(options)], ['reduction', ...own], {});
}

const NUMBERS: Readonly<Record<Reduction, number>> = { none: 0, mean: 1, sum: 2 };

function numbered(reduction: Reduction = 'mean'): number {
  if (!Object.hasOwn(NUMBERS, reduction))
    throw new ModelError('argument', `a loss is not reduced by "${String(reduction)}"`, { hint: 'none, mean or sum' });
  return NUMBERS[reduction];
}

function reduced(loss: Tensor, reduction: Reduction = 'mean'): Tensor {
  return numbered(reduction) === 0 ? loss : reduction === 'mean' ? loss.mean() : loss.sum();
}

type PairLoss = (input: Tensor, target: Tensor, options?: LossOptions) => Tensor;
const pair =
  (name: string): PairLoss =>
  (input, target, options = {}) => {
    check(name, options);
    return aten1(name, [input, target, numbered(options.reduction)], `F.${name}`);
  };

export const mse_loss: PairLoss = pair('mse_loss');
export const l1_loss: PairLoss = pair('l1_loss');
export const smooth_l1_loss: PairLoss = pair('smooth_l1_loss');
export const huber_loss: PairLoss = pair('huber_loss');
export const soft_margin_loss: PairLoss = pair('soft_margin_loss');
export const kl_div: PairLoss = pair('kl_div');
export const multilabel_margin_loss: PairLoss = pair('multilabel_margin_loss');

export function binary_cross_entropy(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  check('binary_cross_entropy', options, 'weight');
  const args: AtenArg[] = [input, target, options.weight ?? null, numbered(options.reduction)];
  return aten1('binary_cross_entropy', args, 'F.binary_cross_entropy');
}
export function binary_cross_entropy_with_logits(
  input: Tensor,
  target: Tensor,
  options: WeightedLossOptions & { readonly pos_weight?: Tensor | null } = {},
): Tensor {
  check('binary_cross_entropy_with_logits', options, 'weight', 'pos_weight');
  const { weight = null, pos_weight = null } = options;
  const args: AtenArg[] = [input, target, weight, pos_weight, numbered(options.reduction)];
  return aten1('binary_cross_entropy_with_logits', args, 'F.binary_cross_entropy_with_logits');
}
/** Scores of C classes, N×C or N×C×…, against one class a row. */
export function cross_entropy(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  check('cross_entropy', options, 'weight');
  const args: AtenArg[] = [input, target, options.weight ?? null, numbered(options.reduction)];
  return aten1('cross_entropy_loss', args, 'F.cross_entropy');
}
export function nll_loss(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  check('nll_loss', options, 'weight');
  const args: AtenArg[] = [input, target, options.weight ?? null, numbered(options.reduction)];
  return aten1('nll_loss_nd', args, 'F.nll_loss');
}
export function ctc_loss(
  log_probs: Tensor,
  targets: Tensor,
  input_lengths: Tensor,
  target_lengths: Tensor,
  options: LossOptions & { readonly blank?: number; readonly zero_infinity?: boolean } = {},
): Tensor {
  check('ctc_loss', options, 'blank', 'zero_infinity');
  const { blank = 0, zero_infinity = false } = options;
  const args: AtenArg[] = [log_probs, targets, input_lengths, target_lengths, blank, numbered(options.reduction)];
  return aten1('ctc_loss', [...args, zero_infinity], 'F.ctc_loss');
}

export function poisson_nll_loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly log_input?: boolean; readonly full?: boolean } = {},
): Tensor {
  check('poisson_nll_loss', options, 'log_input', 'full');
  tensorsOnly(input, target);
  return inside('F.poisson_nll_loss', () => {
    const { log_input = true, full = false } = options;
    const loss = log_input ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(1e-8).log()));
    if (!full) return reduced(loss, options.reduction);
    const stirling = target.mul(target.log()).sub(target).add(target.mul(6.28).log().mul(0.5));
    return reduced(loss.add(stirling.masked_fill(target.le(1), 0)), options.reduction);
  });
}
export function gaussian_nll_loss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: LossOptions & { readonly full?: boolean } = {},
): Tensor {
  check('gaussian_nll_loss', options, 'full');
  tensorsOnly(input, target, variance);
  return inside('F.gaussian_nll_loss', () => {
    const wide = variance.ndim < input.ndim ? variance.unsqueeze(-1) : variance;
    const kept = wide.clamp(1e-6);
    const loss = kept.log().add(input.sub(target).pow(2).div(kept)).mul(0.5);
    return reduced(options.full === true ? loss.add(0.92) : loss, options.reduction);
  });
}

export interface MarginOptions extends LossOptions {
  readonly margin?: number;
}
export function margin_ranking_loss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  check('margin_ranking_loss', options, 'margin');
  tensorsOnly(a, b, target);
  return inside('F.margin_ranking_loss', () =>
    reduced(
      target
        .neg()
        .mul(a.sub(b))
        .add(options.margin ?? 0)
        .clamp(0),
      options.reduction,
    ),
  );
}
export function hinge_embedding_loss(input: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  check('hinge_embedding_loss', options, 'margin');
  tensorsOnly(input, target);
  return inside('F.hinge_embedding_loss', () => {
    const apart = input
      .rsub(options.margin ?? 1)
      .clamp(0)
      .masked_fill(target.eq(1), 0);
    return reduced(apart.add(input.masked_fill(target.eq(-1), 0)), options.reduction);
  });
}
export function cosine_embedding_loss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  check('cosine_embedding_loss', options, 'margin');
  tensorsOnly(a, b, target);
  return inside('F.cosine_embedding_loss', () => {
    const axis = a.ndim > 1 ? 1 : 0;
    const squares = (x: Tensor): Tensor => x.mul(x).sum(axis).add(1e-12);
    const cosine = a
      .mul(b)
      .sum(axis)
      .div(squares(a).mul(squares(b)).sqrt());
    const near = cosine.rsub(1).masked_fill(target.eq(-1), 0);
    const far = cosine
      .sub(options.margin ?? 0)
      .clamp(0)
      .masked_fill(target.eq(1), 0);
    return reduced(near.add(far), options.reduction);
  });
}

export interface TripletOptions extends MarginOptions {
  readonly swap?: boolean;
}
export function pairwise_distance(a: Tensor, b: Tensor, options: { readonly keepdim?: boolean } = {}): Tensor {
  return aten1('pairwise_distance', [a, b, 2, 1e-6, optionsIn(options).keepdim ?? false], 'F.pairwise_distance');
}
export function triplet_margin_loss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  o: TripletOptions = {},
): Tensor {
  check('triplet_margin_loss', o, 'margin', 'swap');
  tensorsOnly(anchor, positive, negative);
  return inside('F.triplet_margin_loss', () => triplets(anchor, positive, negative, pairwise_distance, o));
}
export function triplet_margin_with_distance_loss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  o: TripletOptions & { readonly distance_function?: (a: Tensor, b: Tensor) => Tensor } = {},
): Tensor {
  check('triplet_margin_with_distance_loss', o, 'margin', 'swap', 'distance_function');
  const distance = o.distance_function ?? pairwise_distance;
  tensorsOnly(anchor, positive, negative);
  return inside('F.triplet_margin_with_distance_loss', () => triplets(anchor, positive, negative, distance, o));
}
function triplets(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  distance: (a: Tensor, b: Tensor) => Tensor,
  o: TripletOptions,
): Tensor {
  const near = distance(anchor, positive);
  const apart = distance(anchor, negative);
  const far = o.swap === true ? apart.minimum(distance(positive, negative)) : apart;
  return reduced(
    near
      .sub(far)
      .add(o.margin ?? 1)
      .clamp(0),
    o.reduction,
  );
}

export function multi_margin_loss(
  input: Tensor,
  target: Tensor,
  o: MarginOptions & { readonly p?: number } = {},
): Tensor {
  check('multi_margin_loss', o, 'margin', 'p');
  tensorsOnly(input, target);
  return inside('F.multi_margin_loss', () => {
    const places = input.ndim > 1 ? target.reshape(-1, 1) : target.reshape(1);
    const apart = input
      .sub(input.gather(-1, places))
      .add(o.margin ?? 1)
      .clamp(0);
    const powered = o.p === undefined || o.p === 1 ? apart : apart.pow(o.p);
    return reduced(mean(powered), o.reduction);
  });
}
export function multilabel_soft_margin_loss(input: Tensor, target: Tensor, o: WeightedLossOptions = {}): Tensor {
  check('multilabel_soft_margin_loss', o, 'weight');
  tensorsOnly(input, target);
  return inside('F.multilabel_soft_margin_loss', () => {
    const right = target.mul(logsigmoid(input));
    const loss = right.add(target.rsub(1).mul(logsigmoid(input.neg()))).neg();
    const weighted = o.weight === undefined || o.weight === null ? loss : loss.mul(o.weight);
    return reduced(mean(weighted), o.reduction);
  });
}

/** Over the classes: a sum and a division, as PyTorch has it. */
function mean(losses: Tensor): Tensor {
  return losses.sum(-1).div(1);
}
