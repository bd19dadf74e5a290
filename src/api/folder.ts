import { describeUnsupported } from '../formats/unread/index.js';
import { ModelError } from '../source/errors.js';
import { FORMATS } from './formats.js';

/** A file of a folder: its path, and its first bytes. */
export interface Candidate {
  readonly path: string;
  readonly head: Uint8Array;
}

/** `model-00002-of-00005.safetensors`: every file of a set but the first follows from the first. */
const LATER_SHARD = /-(?!0*1-of-)\d{5}-of-\d{5}\.\w+$/;
const ANY_SHARD = /-\d{5}-of-\d{5}\.\w+$/;
const CONFIG = /(^|[\\/])config\.json$/;
const TYPED = /"(?:model_type|architectures)"\s*:/;
/** An addition to another model, such as an adapter: beside a model it is not one of its own. */
const ADDED = /"(?:peft_type|medusa_num_heads)"\s*:/;
/** Names of the weights that a configuration describes. */
const WEIGHTS = /\.(safetensors|bin|pt|pth)$|\.index\.json$/;
/** More candidates than this are not listed one by one. */
const MAX_LISTED = 6;

/**
 * The models of a folder, by the file that each is opened by: those that a format claims, of a set its index or else its
 * first file, and of a configuration with its weights the configuration alone.
 */
export function modelsAmong(files: readonly Candidate[]): string[] {
  const every = files.filter(({ path, head }) => FORMATS.some((format) => format.detect(head, path) !== 'no'));
  const whole = every.filter(({ path, head }) => {
    const text = /\.json$/.test(path) ? new TextDecoder().decode(head) : '';
    return TYPED.test(text) || !ADDED.test(text);
  });
  const claimed = whole.length > 0 ? whole : every;
  const described = claimed.find(({ path, head }) => CONFIG.test(path) && TYPED.test(new TextDecoder().decode(head)));
  const index = claimed.some(({ path }) => path.endsWith('.index.json'));
  return claimed
    .filter(({ path }) =>
      described === undefined
        ? !(index ? ANY_SHARD : LATER_SHARD).test(path)
        : // A configuration describes the weights beside it, and its reader finds them.
          path === described.path || !WEIGHTS.test(path),
    )
    .map(({ path }) => path);
}

/**
 * The file of a folder that is the model. Throws ModelError `argument` if there is none or more than one, with those
 * that there are.
 */
export function modelAmong(folder: string, files: readonly Candidate[]): string {
  const found = modelsAmong(files);
  if (found.length === 1) return found[0] as string;
  if (found.length === 0) {
    const named = files.map(({ path, head }) => ({ path, other: describeUnsupported(head, path) }));
    const known = named.find(({ other }) => other !== null && other.noModel !== true);
    throw new ModelError('argument', `the folder ${folder} has no model that opcount reads`, {
      hint: known?.other
        ? `${known.path} is ${known.other.what}: ${known.other.instead}`
        : `it reads ${FORMATS.map((d) => d.title).join(', ')}`,
    });
  }
  const listed = found.slice(0, MAX_LISTED).join(', ') + (found.length > MAX_LISTED ? ', …' : '');
  throw new ModelError('argument', `in the folder ${folder} are ${found.length} models`, {
    hint: `name one of them: ${listed}`,
  });
}
