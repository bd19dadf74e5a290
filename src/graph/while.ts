import type { Dim } from '../dim/index.js';
import { iterate } from './loop.js';
import type { Call, Graph, GraphNode } from './node.js';
import { recordOutputs } from './record.js';
import { type GraphValue, scalarOf } from './values.js';

/**
 * A loop of two graphs: `condition` says of a state whether a round follows, `body` makes the state behind it. `trips` is how
 * many rounds there are, where the format finds that out by itself; null where the condition is to be asked.
 */
export function repeatWhile<N extends GraphNode, F>(
  call: Call<N, F>,
  condition: Graph<N, F>,
  body: Graph<N, F>,
  states: readonly GraphValue[],
  trips: Dim | null = null,
): GraphValue[] {
  const { runner, frame } = call;
  const goes = (now: readonly GraphValue[]): Dim | undefined =>
    trips === null ? scalarOf(runner.run(condition, now, frame)[0]) : 1;
  const { states: last } = iterate({
    call,
    states,
    limit: trips,
    first: goes(states),
    run: (_, now) => {
      const next = runner.run(body, now, frame);
      return { go: goes(next), states: next, stacked: [] };
    },
  });
  return recordOutputs(call, last);
}
