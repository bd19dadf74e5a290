import { add, type Dim } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import type { Shape } from '../../tensor/index.js';
import { extentIn, typeIn } from './argument.js';
import type { Recorded } from './session.js';
import { TensorFacts } from './tensor-facts.js';
import { int, interleaved, listOf, movedOrder, sliceOf, unflattened, unfolded } from './tensor-shapes.js';

/**
 * Methods that give the same elements in another shape or order, or some of them: nothing is computed. `T` is what they give:
 * the tensor that has them.
 */
export abstract class TensorMoves<T> extends TensorFacts {
  /** Applies an operator to this tensor alone, `type` as PyTorch spells it. */
  protected abstract moved(effect: ops.Effect, type: string): T;

  view(...shape: readonly Dim[] | [Shape]): T {
    return this.moved(ops.reshape(this.type, listOf(shape)), 'torch.view');
  }
  reshape(...shape: readonly Dim[] | [Shape]): T {
    return this.moved(ops.reshape(this.type, listOf(shape)), 'torch.reshape');
  }
  flatten(start_dim = 0, end_dim = -1): T {
    return this.moved(ops.flatten(this.type, start_dim, end_dim), 'torch.flatten');
  }
  unflatten(dim: number, sizes: Shape): T {
    const shape = unflattened(this.type, dim, sizes);
    return this.moved(ops.reshape(this.type, shape), 'torch.unflatten');
  }
  permute(...order: readonly number[] | [readonly number[]]): T {
    return this.moved(ops.permute(this.type, listOf(order)), 'torch.permute');
  }
  transpose(a: number, b: number): T {
    return this.moved(ops.transpose(this.type, a, b), 'torch.transpose');
  }
  /** The same elements in row-major order: a copy where this is a view that is not, which shapes alone do not tell. */
  contiguous(): T {
    return this.moved(ops.identity(this.type, 'contiguous'), 'torch.contiguous');
  }
  clone(): T {
    return this.moved(ops.copy(this.type, 'clone'), 'torch.clone');
  }
  detach(): T {
    return this.moved(ops.identity(this.type, 'detach'), 'torch.detach');
  }
  unsqueeze(dim: number): T {
    return this.moved(ops.unsqueeze(this.type, [dim]), 'torch.unsqueeze');
  }
  squeeze(dim: number | null = null): T {
    return this.moved(ops.squeeze(this.type, dim === null ? null : [dim]), 'torch.squeeze');
  }
  expand(...shape: readonly Dim[] | [Shape]): T {
    return this.moved(ops.expand(this.type, listOf(shape)), 'torch.expand');
  }
  expand_as(other: Recorded): T {
    return this.expand(typeIn(other).shape);
  }
  repeat(...repeats: readonly Dim[] | [Shape]): T {
    return this.moved(ops.tile(this.type, listOf(repeats)), 'torch.repeat');
  }
  roll(_shifts: number | readonly number[], _dims: number | readonly number[]): T {
    return this.moved(ops.copy(this.type, 'roll'), 'torch.roll');
  }
  flip(_dims: readonly number[]): T {
    return this.moved(ops.copy(this.type, 'flip'), 'torch.flip');
  }
  unbind(dim = 0): T[] {
    const extent = int(this.shape[ops.axisOf(dim, this.ndim, 'unbind')] as Dim, 'unbind');
    return Array.from({ length: extent }, (_, i) => this.select(dim, i));
  }
  select(dim: number, _index: number): T {
    return this.moved(ops.select(this.type, dim), 'torch.select');
  }
  narrow(dim: number, start: Dim, length: Dim): T {
    return this.slice(dim, extentIn('narrow', start), add(start, extentIn('narrow', length)));
  }
  /** `x[..., start:end:step, ...]` along one axis. */
  slice(dim: number, start: Dim | null = null, end: Dim | null = null, step = 1): T {
    return this.moved(ops.slice(this.type, [sliceOf(dim, start, end, step)]), 'torch.slice');
  }
  tril(_diagonal = 0): T {
    return this.moved(ops.copy(this.type, 'tril'), 'torch.tril');
  }
  triu(_diagonal = 0): T {
    return this.moved(ops.copy(this.type, 'triu'), 'torch.triu');
  }
  /** Each element `repeats` times in a row along an axis; of all elements in one row where no axis is given. */
  repeat_interleave(repeats: Dim, dim: number | null = null): T {
    const shape = interleaved(this.shape, repeats, dim);
    return this.moved(ops.copy(this.type, 'repeat_interleave', shape), 'torch.repeat_interleave');
  }
  movedim(from: number | readonly number[], to: number | readonly number[]): T {
    return this.moved(ops.permute(this.type, movedOrder(this.ndim, from, to)), 'torch.movedim');
  }
  swapaxes(a: number, b: number): T {
    return this.moved(ops.transpose(this.type, a, b), 'torch.swapaxes');
  }
  /** Windows of an axis as a new last one: a view. */
  unfold(dim: number, size: number, step: number): T {
    const shape = unfolded(this.shape, dim, size, step);
    return this.moved(ops.view('unfold', this.type, shape, null), 'Tensor.unfold');
  }
  view_as(other: Recorded): T {
    return this.view(typeIn(other).shape);
  }
  reshape_as(other: Recorded): T {
    return this.reshape(typeIn(other).shape);
  }
}
