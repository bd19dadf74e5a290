/** Bytes [start, end) of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks of `size` bytes (RFC 9110, section 14): one range, with or without an end, or the last so many
 * bytes. Null for everything else, several ranges among it: the whole file is a right answer to those. `beyond`: no byte.
 */
export function rangeOf(header: string | undefined, size: number): Range | 'beyond' | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,20})-(\d{0,20})$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return null;
  if (from === '') {
    const last = Math.min(size, Number(to));
    return last === 0 ? 'beyond' : { start: size - last, end: size };
  }
  const start = Number(from);
  if (to !== '' && Number(to) < start) return null;
  if (start >= size) return 'beyond';
  return { start, end: to === '' ? size : Math.min(size, Number(to) + 1) };
}
