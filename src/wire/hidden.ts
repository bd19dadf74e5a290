/** Most text there is, told at a glance: Latin letters, punctuation, arrows and signs of mathematics. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2070-\u20cf\u2100-\u22ff]*$/;

/**
 * Such characters as JSON escapes them: `\u001b`, `\n`. Inside a JSON string they still stand for the same text. It escapes what
 * is not to be sent to a screen as it is: control characters, format characters (direction, zero width, tags), separators of
 * lines and paragraphs, halves of surrogate pairs, everything that is invisible by default, the empty Braille pattern, and what
 * is heaped on one letter beyond five marks: no language has more, and a pile of them covers the lines above.
 */
export function escapeHidden(text: string): string {
  if (PLAIN.test(text)) return text;
  // Written here, for it takes its time to be compiled: most runs never come to it.
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]|\p{M}(?<=\p{M}{6})/gu,
    escapeOf,
  );
}

function escapeOf(c: string): string {
  if (c === '\n') return '\\n';
  if (c === '\r') return '\\r';
  if (c === '\t') return '\\t';
  return Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}
