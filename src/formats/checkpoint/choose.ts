import type { Note } from '../../ledger/index.js';
import type { StoredTensor } from '../weights-only/ledger.js';
import type { Contents, Network } from './contents.js';

/** The part of a checkpoint that is counted as the model. */
export interface Chosen {
  readonly tensors: readonly StoredTensor[];
  readonly types: ReadonlyMap<string, string> | null;
  readonly notes: readonly Note[];
}

/** Keys under which trainers keep the model, the likelier first. */
const MODEL = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net_state_dict',
  'network',
  'net',
  'module',
  'params',
  'weights',
];
/** Keys of copies that are averages over training. */
const AVERAGE = /ema|swa|average|shadow|teacher_ema/i;

/**
 * Which of a checkpoint's networks is the model. A checkpoint can hold it twice (an average over training beside it) or hold
 * several (a generator and a discriminator): copies are counted once, and where no key says which is the model, all are it.
 */
export function choose({ networks, passed }: Contents): Chosen {
  const plain = networks.map(unwrapped).filter((n) => n.tensors.length > 0);
  const distinct: Network[] = [];
  const copies: Network[] = [];
  // The model that trains comes first: an average is a copy of it, not the other way round.
  const met = new Set<string>();
  for (const network of [...plain].sort((a, b) => Number(isAverage(a)) - Number(isAverage(b)))) {
    const print = printOf(network);
    (met.has(print) ? copies : distinct).push(network);
    met.add(print);
  }
  const preferred = distinct
    .filter((n) => rank(n) < MODEL.length)
    .sort((a, b) => rank(a) - rank(b) || a.keys.length - b.keys.length);
  const model = preferred[0];
  const own = new Set(distinct);
  const counted = model === undefined ? plain.filter((n) => own.has(n)) : [model];
  const left = model === undefined ? [] : distinct.filter((n) => n !== model);
  const notes: Note[] = [];
  if (copies.length > 0)
    notes.push({
      code: 'copies',
      message: `${listed(copies)}: the same network again (an average over training, or a best one), not counted twice`,
    });
  if (left.length > 0)
    notes.push({ code: 'not-the-model', message: `${listed(left)}: tensors beside the model, not counted` });
  if (passed.length > 0)
    notes.push({ code: 'training-state', message: `${words(passed)}: what training keeps, not counted` });
  if (counted.length === 1) {
    const [only] = counted as [Network];
    return { tensors: only.tensors, types: only.types, notes };
  }
  return { ...together(counted), notes };
}

const isAverage = (network: Network): boolean => network.keys.some((key) => AVERAGE.test(key));

function rank(network: Network): number {
  const places = network.keys.map((key) => MODEL.indexOf(key)).filter((i) => i >= 0);
  return places.length === 0 ? MODEL.length : places.reduce((a, b) => Math.min(a, b));
}

/** Names that wrappers put before every other: DataParallel's `module.`, torch.compile's `_orig_mod.`. */
const WRAPPERS = ['module.', '_orig_mod.', '_fsdp_wrapped_module.'];

function unwrapped(network: Network): Network {
  const { tensors, types } = network;
  const length = wrapped(tensors);
  if (length === 0) return network;
  const outer = tensors[0]?.name.slice(0, length - 1) ?? '';
  return {
    ...network,
    tensors: tensors.map((t) => ({ ...t, name: t.name.slice(length) })),
    types:
      types &&
      new Map(
        [...types].flatMap(([path, type]): [string, string][] =>
          path === outer ? [['', type]] : path.startsWith(`${outer}.`) ? [[path.slice(length), type]] : [],
        ),
      ),
  };
}

/** How many characters of wrappers all names begin with. */
function wrapped(tensors: Network['tensors']): number {
  const [first] = tensors;
  if (first === undefined) return 0;
  let common = first.name.length;
  for (const { name } of tensors) {
    let i = 0;
    while (i < common && name[i] === first.name[i]) i++;
    common = i;
  }
  let length = 0;
  for (;;) {
    const prefix = WRAPPERS.find((w) => first.name.startsWith(w, length));
    if (prefix === undefined || length + prefix.length > common) return length;
    length += prefix.length;
  }
}

/** The same for two networks that have the same tensors under the same names, in whatever order. */
function printOf({ tensors }: Network): string {
  return JSON.stringify(tensors.map((t) => [t.name, ...t.shape].join()).sort());
}

/** Several networks side by side, each under its key. */
function together(networks: readonly Network[]): Pick<Chosen, 'tensors' | 'types'> {
  const types = new Map<string, string>();
  const tensors = networks.flatMap(({ keys, tensors: own, types: classes }) => {
    const prefix = keys.join('.');
    for (const [path, type] of classes ?? []) types.set([prefix, path].filter((p) => p !== '').join('.'), type);
    return own.map((t) => ({ ...t, name: prefix === '' ? t.name : `${prefix}.${t.name}` }));
  });
  return { tensors, types: types.size === 0 ? null : types };
}

function listed(networks: readonly Network[]): string {
  return words(networks.map((n) => n.keys.join('.') || 'the file itself'));
}

function words(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => (name === '' ? 'the file itself' : name));
  return names.length > 4 ? `${shown.join(', ')} and ${names.length - 4} more` : shown.join(', ');
}
