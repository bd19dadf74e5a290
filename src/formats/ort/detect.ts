/** `ORTM` after the offset of the root table. */
export function isOrt(head: Uint8Array): boolean {
  return head.length >= 8 && head[4] === 0x4f && head[5] === 0x52 && head[6] === 0x54 && head[7] === 0x4d;
}
