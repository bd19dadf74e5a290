import { beginning } from './text.js';

/** Height of a line of text in a drawing, in pixels. */
export const LINE = 15;
/** Average width of a character at 12 px. */
const CHARACTER = 6.7;

/** As much of a label as fits into a box of that size, or nothing. */
export function fitting(label: string, width: number, height: number): string {
  if (height < LINE) return '';
  const room = Math.floor((width - 8) / CHARACTER);
  if (label.length <= room) return label;
  return room < 3 ? '' : `${beginning(label, room - 1)}…`;
}
