import { byName } from '../source/by-name.js';

/**
 * Text inside markup, for text that `shown.ts` has already made visible: names from files are text there, never markup.
 */

const MARKDOWN: Readonly<Record<string, string>> = byName({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '@': '&#64;' });

/**
 * In Markdown: no emphasis, code, table cell, link, picture, HTML or mention, and no address that a renderer would turn
 * into a link by itself.
 */
export function markdownText(text: string): string {
  return text
    .replace(/[\\|`*_[\]<>~&@]/g, (c) => MARKDOWN[c] ?? `\\${c}`)
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\b(www)\./gi, '$1&#46;')
    .replace(/#(?=\d)/g, '\\#')
    .replaceAll('\n', ' ');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '−': '$-$',
  '–': '--',
  '≥': '$\\geq$',
  '≈': '$\\approx$',
  '…': '\\ldots{}',
  µ: '\\textmu{}',
};

/** In LaTeX, as text: no command, comment, alignment or math. */
export function latexText(text: string): string {
  return text.replace(/[\\{}~^×·−–≥≈…µ]|[#$%&_]/g, (c) => LATEX[c] ?? `\\${c}`);
}

const ENTITIES: Readonly<Record<string, string>> = byName({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

/** In HTML, between tags or in a quoted attribute. */
export function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] as string);
}

/**
 * A field of RFC 4180. A text that a spreadsheet would run begins with an apostrophe: signs of a formula, full-width ones
 * too, behind spaces or quotes as well. Fields with another separator in them are quoted, for readers that split there.
 */
export function csvField(text: string): string {
  const formula = /^[\s"'\u00a0\u3000]*[=@＝＠]|^[\s"'\u00a0\u3000]*[+\-＋－−](?![\d.]+(?:e[+-]?\d+)?$)/iu;
  const safe = formula.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
