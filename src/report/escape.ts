import { byName } from '../source/by-name.js';

/**
 * Text inside markup, for text that `shown.ts` has already made visible: names from files are text there, never markup.
 */

const MARKDOWN: Readonly<Record<string, string>> = byName({
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '@': '&#64;',
  ':': '&#58;',
  '\n': ' ',
});
/** First what begins a mention, a reference or an address; then what is markup by itself. */
const MARKUP = /(@|(?:[#!%$]|\bGH-)(?=\d)|\bwww(?=\.))|:(?=\/\/)|[\\|`*_[\]<>~&$\n]/gi;

/**
 * In Markdown: no emphasis, code, table cell, link, picture, formula, HTML, mention or reference, and no address that a renderer
 * would turn into a link by itself. Code hosts look for references in the rendered text: a space without width breaks those.
 */
export function markdownText(text: string): string {
  return text.replace(MARKUP, (found, begins?: string) => {
    const safe = MARKDOWN[found] ?? (/[\\|`*_[\]~$]/.test(found) ? `\\${found}` : found);
    return begins === undefined ? safe : `${safe}&#8203;`;
  });
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
 * too, behind spaces or quotes as well. A negative number is none. Fields with another separator in them are quoted, for readers
 * that split there.
 */
export function csvField(text: string): string {
  const formula = /^[\s"'\u00a0\u3000]*[=@+＝＠＋－−]|^[\s"'\u00a0\u3000]*-(?![\d.]+(?:e[+-]?\d+)?$)/iu;
  const safe = formula.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
