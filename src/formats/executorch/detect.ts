/** `ET` and two digits after the offset of the root table. */
export function isPte(head: Uint8Array): boolean {
  return head.length >= 8 && /^ET\d\d$/.test(String.fromCharCode(...head.subarray(4, 8)));
}
