export const FORMAT = 'mnn';

/** A FlatBuffer without an identifier: its root has a list of operators, and its name ends in `.mnn`. */
export function isMnn(head: Uint8Array, name: string): boolean {
  if (!/\.mnn$/i.test(name) || head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const root = view.getUint32(0, true);
  if (root < 8 || root + 4 > head.length) return root >= 8;
  const fields = root - view.getInt32(root, true);
  if (fields < 4 || fields + 12 > head.length) return false;
  const size = view.getUint16(fields, true);
  // Operators are field 3.
  return size >= 12 && size <= 64 && view.getUint16(fields + 10, true) !== 0;
}
