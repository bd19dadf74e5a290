import type { Note } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import { bytesOf } from '../../tensor/index.js';
import { tensorsAround } from '../safetensors/read.js';
import { hintsBeside } from '../weights-only/hints.js';
import { logicalTensors } from '../weights-only/layouts/index.js';
import type { FileTensor } from '../weights-only/match.js';
import { roleOf } from '../weights-only/roles.js';
import type { StoredTensor } from '../weights-only/stored.js';

/** Under these names the weights of a model are beside its configuration. */
const NAMES = ['model.safetensors.index.json', 'model.safetensors', 'diffusion_pytorch_model.safetensors'];

export interface Checkpoint {
  readonly file: string;
  /** Parameters as the model has them, with the bytes of their scales and tables; buffers are left out. */
  readonly tensors: readonly FileTensor[];
  readonly notes: readonly Note[];
  readonly bytes: number;
  readonly bytesRead: number;
}

/** The weights beside a configuration, by their headers alone; null if there are none. */
export function checkpointBeside(config: Source): Checkpoint | null {
  for (const name of NAMES) {
    const found = config.sibling(name);
    if (found === undefined) continue;
    try {
      const { tensors, bytes, bytesRead } = tensorsAround(found);
      const logical = logicalTensors(tensors, () => hintsBeside(found));
      return { file: name, tensors: parameters(logical.tensors), notes: logical.notes, bytes, bytesRead };
    } finally {
      found.close?.();
    }
  }
  return null;
}

function parameters(tensors: readonly StoredTensor[]): FileTensor[] {
  const found = new Map<string, { -readonly [K in keyof FileTensor]: FileTensor[K] }>();
  const tables: StoredTensor[] = [];
  for (const t of tensors) {
    const kind = t.kind ?? roleOf(t.name, t.dtype, t.shape);
    if (kind === 'parameter')
      found.set(t.name, {
        name: t.name,
        shape: t.shape,
        elements: t.shape.reduce((a, b) => a * b, 1),
        bytes: bytesIn(t),
        dtype: t.dtype,
      });
    else if (t.kind === 'buffer') tables.push(t);
  }
  for (const table of tables) {
    const owner = owners(table.name).find((name) => found.has(name));
    const weight = owner === undefined ? undefined : found.get(owner);
    if (weight !== undefined) weight.bytes += bytesIn(table);
  }
  return [...found.values()];
}

function bytesIn(tensor: StoredTensor): number {
  return tensor.bytes ?? Number(bytesOf({ dtype: tensor.dtype, shape: tensor.shape }));
}

/** Names of weights that a table may belong to: `x.weight` of `x.scales`, `x` of `x_scales`. */
function owners(name: string): string[] {
  const parts = name.split('.');
  const paths = parts.map((_, i) => parts.slice(0, parts.length - i).join('.'));
  const last = name.replace(/_(scales?|zeros?|biases|scale_inv)$/, '');
  return [last, `${last}.weight`, ...paths.flatMap((path) => [path, `${path}.weight`])].filter((n) => n !== name);
}
