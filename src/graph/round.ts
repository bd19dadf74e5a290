import type { Dim } from '../dim/index.js';
import type { Call, GraphNode } from './node.js';
import type { GraphValue } from './values.js';

/** The results of one round. */
export interface Round {
  /** Whether another follows, where it is known. */
  readonly go: Dim | undefined;
  readonly states: readonly GraphValue[];
  /** Values of which each round gives one, to be put together. */
  readonly stacked: readonly GraphValue[];
}

export interface Loop<N extends GraphNode, F> {
  readonly call: Call<N, F>;
  readonly states: readonly GraphValue[];
  /** Rounds at most; null without a limit. */
  readonly limit: Dim | 'unknown' | null;
  /** The condition before the first round, where it is known. */
  readonly first: Dim | undefined;
  /** `round` is its number, a symbol that stands for any of them, or undefined where nothing may be said of it. */
  run(round: Dim | undefined, states: readonly GraphValue[], condition: Dim | undefined): Round;
}
