import type { Dim } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { attention } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { type Held, isTensor } from './held.js';
import type { Rule } from './rule.js';

/** Attention whose scores and probabilities go through bodies of the file; what those compute is recorded before it. */
export const flexAttention: Rule = (context) => {
  const { node, inputs, frame, evaluator, spelling } = context;
  const [q, k, v] = [0, 1, 2].map((i): TensorType => {
    const held = inputs[i];
    if (!isTensor(held) || held.type === null)
      throw new Unsupported(`the shape of its input ${node.input[i]} is not known`, i);
    return held.type;
  }) as [TensorType, TensorType, TensorType];
  const effect = attention(q, k, v, { grouped: true });
  const scores: TensorType = {
    dtype: q.dtype === 'float64' ? 'float64' : 'float32',
    shape: [...q.shape.slice(0, -1), k.shape.at(-2) as Dim],
  };
  for (const name of ['score_mod', 'prob_mod']) {
    const body = node.attribute.find((a) => a.name === name)?.g;
    const { trace } = evaluator;
    if (body !== undefined) evaluator.body(body, [trace.alias(null, scores, trace.opaque(null))], frame);
  }
  const tensors = inputs.map((held) => (isTensor(held) ? held : null));
  return evaluator.trace.apply(effect, tensors, spelling) as Held[];
};
