/** How a terminal is told of emphasis; the default says nothing. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
  warn(text: string): string;
  /** Columns that a text takes; its characters where left out, which is right for all that is neither wide nor combining. */
  width?(text: string): number;
}
const same = (text: string): string => text;
export const PLAIN: Style = { bold: same, dim: same, accent: same, warn: same };

export interface GridColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
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

/** Lines of aligned columns, two spaces apart, no space at the ends of lines. */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly Cell[])[], style: Style): string[] {
  const width = style.width ?? characters;
  // Not by one call of Math.max: a table may have more rows than a call may have arguments.
  const widths = columns.map((c, i) =>
    rows.reduce((most, row) => Math.max(most, width(row[i]?.text ?? '')), width(c.title)),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, i) => {
        const last = i === cells.length - 1;
        const column = columns[i] as GridColumn;
        const text =
          last && column.align === 'left' ? cell.text : padTo(cell.text, widths[i] as number, column.align, width);
        return cell.paint === undefined ? text : cell.paint(text);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => ({ text: c.title, paint: style.dim }))), ...rows.map(line)];
}
