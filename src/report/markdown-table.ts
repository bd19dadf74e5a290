/** A column of a table in Markdown. */
export interface MarkdownColumn {
  readonly title: string;
  /** Left where it is absent. */
  readonly align?: 'left' | 'right' | 'center';
}

const RULES = { left: ':--', right: '--:', center: ':-:' } as const;

/** The lines of a table. Titles and cells are Markdown already: a text of others goes through `markdownText` first. */
export function markdownTable(columns: readonly MarkdownColumn[], rows: readonly (readonly string[])[]): string[] {
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align = 'left' }) => RULES[align]).join('|')}|`,
    ...rows.map(line),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
