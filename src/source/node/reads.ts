/** Bytes of files still to be read until somebody is told. */
let left = Number.POSITIVE_INFINITY;
let told: () => void = () => {};

/** Calls `then` once this process has read this many bytes of files from now on: what it does is a long run. */
export function onceRead(bytes: number, then: () => void): void {
  left = bytes;
  told = then;
}

/** Says that this many bytes of a file were read. */
export function hasRead(bytes: number): void {
  left -= bytes;
  if (left > 0) return;
  left = Number.POSITIVE_INFINITY;
  told();
}
