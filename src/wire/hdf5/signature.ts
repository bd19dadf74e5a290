const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/** Where the file's superblock begins: at 0, or after a block of the user's at a power of two from 512. */
export function superblockAt(head: Uint8Array): number | null {
  for (let at = 0; at + SIGNATURE.length <= head.length; at = at === 0 ? 512 : 2 * at)
    if (SIGNATURE.every((byte, i) => head[at + i] === byte)) return at;
  return null;
}

export function isHdf5(head: Uint8Array): boolean {
  return superblockAt(head) !== null;
}
