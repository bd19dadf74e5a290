import { ceildiv, type Dim, mul, sum } from '../dim/index.js';
import { type AnyLedger, copiesIn, type Description, times } from '../ledger/index.js';
import { Config } from '../models/language/config.js';
import { ModelError } from '../source/errors.js';
import { bytesOf } from '../tensor/index.js';
import type { Serving } from './serving.js';

/** The share that each of several devices holds and sends where every layer is split over them. */
export interface TensorParallel {
  readonly devices: number;
  /** Bytes of weights on each: matrices are split, vectors are on all. */
  readonly weightBytes: Dim;
  /** Bytes of cache at the context: heads of keys and values are split as far as there are any; a latent cache is on all. */
  readonly cacheBytes: Dim;
  /** Sums over all devices in a pass: two a layer, behind attention and after the MLP. */
  readonly reductions: number;
  /** Bytes that each device sends in a prefill of the context and in one step, sums made in a ring. */
  readonly prefillBytes: Dim;
  readonly stepBytes: Dim;
}

/**
 * Tensor parallelism as Megatron does it: columns of the first matrix, rows of the second, one sum after each. A ring sends
 * 2·(N − 1)/N of what is summed. Throws ModelError `argument` if heads cannot be split by so many.
 */
export function tensorParallel(
  ledger: AnyLedger,
  description: Description,
  serving: Serving,
  devices: number,
): TensorParallel {
  const config = new Config(description.type, description.config);
  const heads = config.maybe('num_attention_heads');
  if (heads !== null && heads % devices !== 0)
    throw new ModelError('argument', `${heads} heads cannot be split over ${devices} devices`, {
      hint: `--tp takes a divisor of ${heads}`,
    });
  const latent = (description.kept ?? []).some((k) => k.name.includes('latent'));
  const kv = config.int('num_key_value_heads', heads ?? 1);
  const split = latent ? 1 : Math.min(devices, Math.max(1, kv));
  const hidden = config.size('hidden_size');
  const layers = config.int('num_hidden_layers');
  const copies = copiesIn(ledger);
  const width = ledger.entries.find((e) => e.op === 'embedding')?.outputs[0]?.type?.dtype ?? 'float16';
  const sent = (tokens: Dim): Dim =>
    ceildiv(
      mul(bytesOf({ dtype: width, shape: [serving.batch, tokens, hidden] }), 2 * layers, 2 * (devices - 1)),
      devices,
    );
  return {
    devices,
    weightBytes: sum(
      ledger.weights.map((w) => {
        const bytes = w.bytes ?? bytesOf(w);
        return times(copies(w.name), w.shape.length < 2 ? bytes : ceildiv(bytes, devices));
      }),
    ),
    cacheBytes: ceildiv(serving.cacheBytesAtContext, split),
    reductions: 2 * layers,
    prefillBytes: sent(serving.context),
    stepBytes: sent(1),
  };
}
