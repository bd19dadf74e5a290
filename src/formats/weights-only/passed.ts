import type { Note, NoteCode } from '../../ledger/index.js';
import type { StoredTensor } from './stored.js';

/**
 * A flat file of tensors holds more than the model: the state of an optimizer, averages over training, the prefixes of
 * wrappers. Pickles keep these apart in dictionaries; safetensors and consolidated checkpoints only in names.
 */
export interface Model {
  readonly tensors: readonly StoredTensor[];
  readonly notes: readonly Note[];
}

/** Parts that wrappers put into names: DataParallel, torch.compile, FSDP, activation checkpointing. */
const WRAPPED = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_dp_wrapped_module)(?=\.)/g;
/** The outermost wrapper, taken off only where every tensor has it. */
const OUTER = 'module.';
/** First parts of names of what training keeps. */
const TRAINING = /^(optimizers?|optim|optimizer_states?|lr_schedulers?|scheduler|grad_scaler|scaler|rng_states?)\./i;
/** Last parts of names that optimizers give to what they keep for a parameter. */
const STATE =
  /\.(exp_avg|exp_avg_sq|exp_avg_sq_row|exp_avg_sq_col|max_exp_avg_sq|exp_inf|momentum_buffer|square_avg|acc_delta|grad_avg|fp32_from_fp16|master_param|ax|eta|mu)$/;
/** First parts of names of averages over training. */
const AVERAGE = /^((?:\w+_)?ema(?:_\w+)?|ema|swa_model|averaged?_model|shadow_params)\./i;

export function modelAmong(stored: readonly StoredTensor[]): Model {
  const plain = withoutWrappers(stored);
  const training = plain.filter((t) => TRAINING.test(t.name) || STATE.test(t.name));
  const passed = new Set(training);
  const rest = training.length === 0 ? plain : plain.filter((t) => !passed.has(t));
  // A file of nothing but such names is what it is.
  const kept = rest.length === 0 ? plain : rest;
  const copies = averages(kept);
  const notes: Note[] = [];
  if (kept !== plain && training.length > 0) notes.push(note('training-state', training, 'what an optimizer keeps'));
  if (copies.size > 0) notes.push(note('copies', [...copies], 'the same weights again, averaged over training'));
  return { tensors: withoutOuter(kept.filter((t) => !copies.has(t))), notes };
}

function note(code: NoteCode, tensors: readonly StoredTensor[], what: string): Note {
  const elements = tensors.reduce((n, t) => n + t.shape.reduce((a, b) => a * b, 1), 0);
  return {
    code,
    message: `${tensors.length} tensors (${tensors[0]?.name}, …; ${elements} elements) are ${what}: not counted`,
  };
}

function withoutWrappers(stored: readonly StoredTensor[]): readonly StoredTensor[] {
  if (!stored.some((t) => t.name.search(WRAPPED) >= 0)) return stored;
  return stored.map((t) => ({ ...t, name: t.name.replaceAll(WRAPPED, '').replace(/^\./, '') }));
}

function withoutOuter(stored: readonly StoredTensor[]): readonly StoredTensor[] {
  let times = stored.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  for (const { name } of stored) {
    let own = 0;
    while (own < times && name.startsWith(OUTER, own * OUTER.length)) own++;
    times = own;
    if (times === 0) return stored;
  }
  return times === 0 ? stored : stored.map((t) => ({ ...t, name: t.name.slice(times * OUTER.length) }));
}

/**
 * Tensors under the name of an average of which the model has another of the same name and extents. Some averages write
 * names without their dots, and most lack the model's first part.
 */
function averages(stored: readonly StoredTensor[]): ReadonlySet<StoredTensor> {
  const candidates = stored.filter((t) => AVERAGE.test(t.name));
  if (candidates.length === 0) return new Set();
  const key = (name: string, shape: readonly number[]): string => `${name.replaceAll('.', '')} ${shape.join()}`;
  const others = new Set<string>();
  for (const { name, shape } of stored) {
    if (AVERAGE.test(name)) continue;
    const parts = name.split('.');
    for (let skip = 0; skip < Math.min(parts.length, 4); skip++) others.add(key(parts.slice(skip).join('.'), shape));
  }
  const copied = (t: StoredTensor): boolean => {
    const parts = t.name.split('.').slice(1);
    return [0, 1, 2].some((skip) => parts.length > skip && others.has(key(parts.slice(skip).join('.'), t.shape)));
  };
  const real = candidates.filter(copied);
  // A counter or two (`decay`, `num_updates`) go with a copy; a network that merely has such a name is not a copy.
  return real.length * 2 < candidates.length
    ? new Set()
    : new Set(candidates.filter((t) => copied(t) || t.shape.length === 0));
}
