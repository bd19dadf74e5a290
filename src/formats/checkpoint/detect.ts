import { isIndex, pathOf } from '../weights-only/shards.js';
import { LEGACY_HEAD } from './legacy.js';

/** File names under which pickles of weights go. */
const NAMED = /\.(pt|pth|ckpt|bin|pkl|pickle|pdparams|tar|th|model|weights)$/i;

/** Pickles one after the other, as torch.save wrote them before 1.6, a pickle of such a name, or an index of such files. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  if (isIndex(head, name, '.bin') || isIndex(head, name, '.pt')) return 'certain';
  if (LEGACY_HEAD.every((byte, i) => head[i] === byte)) return 'certain';
  const pickle = head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
  return pickle && NAMED.test(pathOf(name)) ? 'likely' : 'no';
}

/** A zip of torch.save: one folder with a pickle in it, and no code that would run with it. */
export function archived(names: readonly string[]): 'certain' | 'no' {
  const pickle = names.find((name) => /^[^/]*\/?data\.pkl$/.test(name));
  if (pickle === undefined) return 'no';
  const folder = pickle.slice(0, -'data.pkl'.length);
  return names.some((name) => name.startsWith(`${folder}code/`)) ? 'no' : 'certain';
}
