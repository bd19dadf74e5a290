/** The first line of text files; binary ones begin with the same number. */
export const MAGIC = '7767517';

export function isBinary(head: Uint8Array): boolean {
  return head[0] === 0xdd && head[1] === 0x85 && head[2] === 0x76 && head[3] === 0x00;
}

export function isNcnn(head: Uint8Array): boolean {
  return isBinary(head) || /^\s*7767517\s/.test(new TextDecoder().decode(head.subarray(0, 32)));
}
