import { isIndex } from '../weights-only/shards.js';

/** A length, then a JSON object of at least two bytes; the first name in it is a tensor's or `__metadata__`. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  if (isIndex(head, name, '.safetensors')) return 'certain';
  if (head.length < 10) return 'no';
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  // The format's own limit; the next byte begins the object, and padding with spaces may come after it, not before.
  if (length < 2n || length > 100_000_000n || head[8] !== 0x7b) return 'no';
  let at = 9;
  while (head[at] === 0x20 || head[at] === 0x0a || head[at] === 0x0d || head[at] === 0x09) at++;
  return head[at] === 0x22 || head[at] === 0x7d ? 'certain' : 'no';
}
