import type { Dim } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import { inputsFrom } from './inputs.js';
import { iterate } from './loop.js';
import type { Call, Graph, GraphNode } from './node.js';
import { recordOutputs, recordStack } from './record.js';
import { type GraphValue, scalarOf } from './values.js';

/**
 * ONNX's loop: inputs are the rounds at most, the condition, and the state. The body takes the number of the round, the
 * condition and the state; it gives the condition, the state, and what each round adds to the outputs behind the state.
 */
export function repeatCounted<N extends GraphNode, F>(call: Call<N, F>, body: Graph<N, F>): GraphValue[] {
  const { inputs, frame, runner } = call;
  const [most, condition] = [inputs[0] ?? null, inputs[1] ?? null];
  const { trace } = runner;
  const literal = (dtype: 'bool' | 'int64', value: Dim | undefined): Value =>
    trace.constant(null, { dtype, shape: [], ...(value === undefined ? {} : { value: [value] }) });
  const result = iterate({
    call,
    states: inputsFrom(call, 2),
    limit: most === null ? null : (scalarOf(most) ?? 'unknown'),
    first: condition === null ? 1 : scalarOf(condition),
    run: (round, states, go) => {
      const args = [literal('int64', round), literal('bool', go), ...states];
      const [next, ...outputs] = runner.run(body, args, frame);
      return { go: scalarOf(next), states: outputs.slice(0, states.length), stacked: outputs.slice(states.length) };
    },
  });
  const states = recordOutputs(call, result.states);
  const stacks = result.stacked.map(({ element, parts }, i) => recordStack(call, element, parts, 0, states.length + i));
  return [...states, ...stacks];
}
