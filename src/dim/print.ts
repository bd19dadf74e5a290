import type { Dim } from './expr.js';

/**
 * The one notation: `2*batch*floor((h - 1)/4) + max(1, s) - 3`. ASCII, powers as `h**2`, and a name that is not made of
 * letters, digits, `_`, `.` and `:` in double quotes. `parse(format(d))` equals `d` (given the same ranges).
 */
export function format(d: Dim): string {
  return String(d);
}
