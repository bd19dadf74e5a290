/** How a terminal is told of emphasis; the default says nothing. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
  warn(text: string): string;
  /** Columns that a text takes; its characters where left out, which is right for all that is neither wide nor combining. */
  width?(text: string): number;
  /** Columns of the screen, into which lines are made to fit; left out where the text goes elsewhere. */
  readonly columns?: number;
}
const same = (text: string): string => text;
export const PLAIN: Style = { bold: same, dim: same, accent: same, warn: same };

export interface GridColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** When the screen is too narrow: the lower, the earlier it is left out; never if there is no number. */
  readonly drop?: number;
  /** Its texts are cut in the middle where leaving columns out is not enough. */
  readonly cut?: boolean;
}
export interface Cell {
  readonly text: string;
  /** Wraps the text after it was measured and padded. */
  readonly paint?: ((text: string) => string) | undefined;
}

/** Characters; surrogate pairs are one. */
export function characters(text: string): number {
  return [...text].length;
}

export function padTo(
  text: string,
  columns: number,
  align: 'left' | 'right' = 'left',
  width: (text: string) => number = characters,
): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'left' ? text + space : space + text;
}

/** Lines of aligned columns, two spaces apart, no space at the ends of lines; made to fit a screen's columns. */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly Cell[])[], style: Style): string[] {
  const width = style.width ?? characters;
  // Not by one call of Math.max: a table may have more rows than a call may have arguments.
  const natural = columns.map((c, i) =>
    rows.reduce((most, row) => Math.max(most, width(row[i]?.text ?? '')), width(c.title)),
  );
  const { kept, widths } = fitted(columns, natural, style.columns);
  const line = (cells: readonly Cell[]): string =>
    kept
      .map((i, k) => {
        const cell = cells[i] ?? { text: '' };
        const column = columns[i] as GridColumn;
        const most = widths[i] as number;
        const text = width(cell.text) > most ? middleCut(cell.text, most) : cell.text;
        const last = k === kept.length - 1;
        const padded = last && column.align === 'left' ? text : padTo(text, most, column.align, width);
        return cell.paint === undefined ? padded : cell.paint(padded);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => ({ text: c.title, paint: style.dim }))), ...rows.map(line)];
}

/** Names shorter than this say nothing any more. */
const LEAST_CUT = 16;

/** Which columns a screen has room for, and how wide each is: some are left out first, then the longest texts are cut. */
function fitted(
  columns: readonly GridColumn[],
  natural: readonly number[],
  room: number | undefined,
): { readonly kept: readonly number[]; readonly widths: readonly number[] } {
  let kept = columns.map((_, i) => i);
  const widths = [...natural];
  const over = (): number => kept.reduce((n, i) => n + (widths[i] as number) + 2, -2) - (room ?? 0);
  if (room === undefined) return { kept, widths };
  while (over() > 0) {
    const next = kept
      .filter((i) => columns[i]?.drop !== undefined)
      .sort((a, b) => (columns[a]?.drop ?? 0) - (columns[b]?.drop ?? 0))[0];
    if (next === undefined) break;
    kept = kept.filter((i) => i !== next);
  }
  const cuttable = kept.filter((i) => columns[i]?.cut === true);
  for (let excess = over(); excess > 0; excess = over()) {
    const widest = cuttable.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), cuttable[0] ?? -1);
    const now = widths[widest];
    if (now === undefined || now <= LEAST_CUT) break;
    // The widest gives first, down to the next widest: two long columns end equally wide.
    const second = Math.max(LEAST_CUT, ...cuttable.filter((i) => i !== widest).map((i) => widths[i] as number));
    widths[widest] = Math.max(now - excess, Math.min(now - 1, second));
  }
  return { kept, widths };
}

/** A text of at most this many characters, its beginning and its end. */
function middleCut(text: string, most: number): string {
  const letters = [...text];
  const head = Math.ceil((most - 1) * 0.5);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (most - 1 - head)).join('')}`;
}

/**
 * A line as several that fit the screen, broken at spaces; those after the first begin where `hang` says, or two columns
 * further in than the line itself.
 */
export function wrapped(line: string, style: Style, hang?: number): string[] {
  const room = style.columns;
  if (room === undefined || seen(line, style) <= room) return [line];
  const indent = hang ?? Math.min(room >> 1, line.length - line.trimStart().length + 2);
  const lines: string[] = [];
  let now = '';
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const fits = now === '' || seen(now, style) + seen(word, style) <= room;
    if (fits) now += word;
    else {
      lines.push(now);
      now = ' '.repeat(indent) + word.trimStart();
    }
  }
  return [...lines, now];
}

/** Columns that a line takes on the screen: what only sets colours takes none. */
function seen(text: string, style: Style): number {
  return (style.width ?? characters)(withoutColours(text));
}

export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are set by them
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
