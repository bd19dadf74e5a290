/** A bundle of MediaPipe's tasks holds models as files of their own. */
export function hasModel(names: readonly string[]): boolean {
  return names.some((name) => /\.(tflite|lite)$/i.test(name));
}

/** `TFL3` after the offset of the root table. */
export function isTflite(head: Uint8Array): boolean {
  return head.length >= 8 && head[4] === 0x54 && head[5] === 0x46 && head[6] === 0x4c && head[7] === 0x33;
}
