import type { Dim } from '../../dim/index.js';
import { isTensor, tensorOrNull, Unsupported } from '../../graph/index.js';
import { attention } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { bodyOf, type OnnxRule } from './info.js';

/** Attention with bodies of the file that change scores and probabilities; their work is recorded before it. */
export const flexAttention: OnnxRule = (call) => {
  const { node, inputs, frame, runner, source } = call;
  const [q, k, v] = [0, 1, 2].map((i): TensorType => {
    const value = inputs[i];
    if (!isTensor(value) || value.type === null)
      throw new Unsupported(`the shape of its input ${node.input[i]} is not known`, i);
    return value.type;
  }) as [TensorType, TensorType, TensorType];
  const effect = attention(q, k, v, { grouped: true });
  const scores: TensorType = {
    dtype: q.dtype === 'float64' ? 'float64' : 'float32',
    shape: [...q.shape.slice(0, -1), k.shape.at(-2) as Dim],
  };
  const { trace } = runner;
  for (const name of ['score_mod', 'prob_mod'])
    if (node.attribute.some((a) => a.name === name && a.g !== undefined))
      runner.run(bodyOf(call, name), [trace.alias(null, scores, trace.opaque(null))], frame);
  return trace.apply(
    effect,
    inputs.map((value) => tensorOrNull(value)),
    source,
  );
};
