export const FORMAT = 'paddle';

/** A ProgramDesc begins with its first block: number 0, whose parent is −1, and then its variables. */
export function isProgram(head: Uint8Array): boolean {
  if (head[0] !== 0x0a) return false;
  let at = 1;
  while (at < 11 && (head[at] as number) >= 0x80) at++;
  at++;
  const begins = [0x08, 0x00, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  if (!begins.every((byte, i) => head[at + i] === byte)) return false;
  const next = head[at + begins.length];
  return next === 0x1a || next === 0x22;
}

/** Paddle's own intermediate representation as JSON. */
export function isPir(head: Uint8Array): boolean {
  if (head[0] !== 0x7b) return false;
  return /^\{\s*"base_code"\s*:\s*\{[^}]*"magic"\s*:\s*"pir"/.test(new TextDecoder().decode(head.subarray(0, 512)));
}
