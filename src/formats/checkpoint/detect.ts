import { isIndex, pathOf } from '../stored/shards.js';
import { LEGACY_HEAD } from './legacy.js';

/** File names under which pickles of weights go. */
const NAMED = /\.(pt|pth|ckpt|bin|pkl|pickle|pdparams|tar|th|model|weights)$/i;

/** A file of torch.save (a zip that begins with its pickle, or pickles one after the other), or a pickle of that name. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  if (isIndex(head, name, '.bin') || isIndex(head, name, '.pt')) return 'certain';
  if (LEGACY_HEAD.every((byte, i) => head[i] === byte)) return 'certain';
  const entry = firstEntry(head);
  if (entry !== null) return /(^|\/)data\.pkl$/.test(entry) ? 'certain' : NAMED.test(pathOf(name)) ? 'likely' : 'no';
  const pickle = head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
  return pickle && NAMED.test(pathOf(name)) ? 'likely' : 'no';
}

/** The name of the first entry of a zip; null for anything else. */
export function firstEntry(head: Uint8Array): string | null {
  if (head.length < 30 || head[0] !== 0x50 || head[1] !== 0x4b || head[2] !== 3 || head[3] !== 4) return null;
  const length = head[26]! | (head[27]! << 8);
  let name = '';
  for (const byte of head.subarray(30, 30 + length)) name += String.fromCharCode(byte);
  return name;
}
