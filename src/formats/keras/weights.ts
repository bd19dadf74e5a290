import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { DType } from '../../tensor/index.js';
import type { H5Link, H5Object, Hdf5 } from '../../wire/hdf5/index.js';
import { ledgerOfWeights, type StoredTensor } from '../weights-only/ledger.js';
import { FORMAT } from './config.js';
import { dtypeOf } from './dtype.js';

/** Groups within each other, and objects of one file. */
const MAX_DEPTH = 64;
const MAX_OBJECTS = 1 << 20;

/** Groups that training keeps beside the weights. */
const OF_TRAINING = /^(optimizer|optimizer_weights|metrics|compile_metrics|loss_tracker|_loss_tracker)$/;
/** Weights that training does not learn, by their own names. */
const BUFFERS = /(^|[._])(moving_mean|moving_variance|seed_generator_state|iteration|count)$/;

/** The tensors of an HDF5 file of weights. Throws ModelError. */
export function tensorsIn(file: Hdf5): StoredTensor[] {
  const found: StoredTensor[] = [];
  const seen = new Set<number>();
  const walk = (object: H5Object, path: readonly string[], layer: string | null): void => {
    if (path.length > MAX_DEPTH || seen.size > MAX_OBJECTS)
      throw new ModelError('limit', `groups are nested more than ${MAX_DEPTH} deep, or without end`, {
        format: FORMAT,
      });
    if (seen.has(object.address)) return;
    seen.add(object.address);
    const data = object.dataset();
    if (data !== null) {
      const dtype = data.dtype === null ? null : dtypeOf(data.dtype);
      if (dtype !== null) found.push(tensorOf(path, dtype, data.shape, layer));
      return;
    }
    for (const link of inOrder(object)) {
      if (OF_TRAINING.test(link.name)) continue;
      const below = file.at(link);
      // Groups are called by the classes of their layers; the layer's own name is beside its variables.
      const [own] = link.name === 'vars' ? (below.texts('name') ?? []) : [];
      walk(below, [...path, link.name], own ?? layer);
    }
  };
  walk(file.root, [], null);
  return found;
}

/** In the order of the layers where the file says it, else with numbers in names as numbers. */
function inOrder(object: H5Object): readonly H5Link[] {
  const links = object.links();
  const order = object.texts('layer_names') ?? object.texts('weight_names');
  if (order === null) {
    const natural = new Intl.Collator('en', { numeric: true });
    return [...links].sort((a, b) => natural.compare(a.name, b.name));
  }
  const places = new Map(order.map((name, i) => [name.split('/')[0] as string, i]));
  return [...links].sort((a, b) => (places.get(a.name) ?? Infinity) - (places.get(b.name) ?? Infinity) || 0);
}

function tensorOf(path: readonly string[], dtype: DType, shape: readonly number[], layer: string | null): StoredTensor {
  const parts = path.flatMap((part) => part.split('/')).map((part) => part.replace(/:0$/, '').replaceAll('.', '_'));
  const group = parts.at(-3) ?? '';
  const named = parts.map((part, i) => {
    if (layer === null) return part;
    if (i === parts.length - 3) return layer.replaceAll('.', '_').replaceAll('/', '_');
    return i === parts.length - 1 ? (variableName(group, part) ?? part) : part;
  });
  const name = named
    .filter(
      (part, i) =>
        part !== named[i - 1] &&
        part !== 'vars' &&
        !(i === 0 && /^(layers|model_weights|_layer_checkpoint_dependencies)$/.test(part)),
    )
    .join('.');
  return {
    name,
    dtype,
    shape,
    kind: isBuffer(parts, name, shape) ? 'buffer' : 'parameter',
  };
}

/** Variables by their places, of layers that always have the same; null for others. */
function variableName(group: string, place: string): string | null {
  const type = group.replace(/_\d+$/, '');
  const names = VARIABLES.find(([pattern]) => pattern.test(type))?.[1];
  return names?.[Number(place)] ?? null;
}

const VARIABLES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(dense|einsum_dense|(depthwise_)?conv[123]d(_transpose)?)$/, ['kernel', 'bias']],
  [/^separable_conv[12]d$/, ['depthwise_kernel', 'pointwise_kernel', 'bias']],
  [/^(lstm|gru|simple_rnn)_cell$/, ['kernel', 'recurrent_kernel', 'bias']],
  [/^embedding$/, ['embeddings']],
];

/** `…/batch_normalization_3/vars/2`: of four the third and the fourth are statistics. */
function isBuffer(parts: readonly string[], name: string, shape: readonly number[]): boolean {
  if (BUFFERS.test(name)) return true;
  if (parts.at(-2) !== 'vars') return false;
  const layer = parts.at(-3) ?? '';
  if (/^(seed_generator|normalization)(_\d+)?$/.test(layer)) return true;
  return /^batch_normalization(_\d+)?$/.test(layer) && Number(parts.at(-1)) >= 2 && shape.length === 1;
}

/** The ledger of a file of weights alone. `type` is the class of the model that they belong to, if it is known. */
export function weightsLedger(source: Source, file: Hdf5, producer: string | null, type: string | null): Ledger {
  const ledger = ledgerOfWeights({
    format: FORMAT,
    name: source.name,
    producer,
    file: { bytes: source.size, bytesRead: 0 },
    tensors: tensorsIn(file),
    notes:
      type === null
        ? []
        : [
            {
              code: 'absent-part',
              message: `${type} is a class of the user's own: its graph is not in the file, so that only its weights are counted; model.export(folder) writes one`,
            },
          ],
  });
  return { ...ledger, file: { bytes: source.size, bytesRead: source.bytesRead } };
}
