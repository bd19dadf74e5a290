import type * as ops from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import type { Rule } from './table.js';

/** An effect of the type of `self` alone. */
export const of =
  (effect: (x: TensorType, c: Call) => ops.Effect): Rule =>
  (c) =>
    c.make(effect(c.type('self'), c), [c.value('self')]);
