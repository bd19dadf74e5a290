import { escapeHidden } from '../wire/hidden.js';

/**
 * The one place where text from files becomes text for people. Names of modules, tensors, operators and dimensions, messages
 * that quote them, and whatever else a stranger wrote can hold characters that steer a terminal, turn the direction of
 * reading, or are not seen at all. Every renderer for people goes through here; JSON keeps the
 * text, written in escapes; so do formulas: `dim/` escapes the names in them itself.
 */

/** Longest name on a screen or in a document, and in a table for machines. */
export const MAX_NAME = 240;
export const MAX_FIELD = 4096;
/** Longest message, in characters and lines: a traceback fits. */
export const MAX_MESSAGE = 4000;
const MAX_LINES = 60;

/** A name on one line, hidden characters escaped, cut in its middle where it is longer than `most`. */
export function shown(text: string, most = MAX_NAME): string {
  const safe = escapeHidden(text.length > 4 * most ? `${text.slice(0, 2 * most)}${text.slice(-2 * most)}` : text);
  if (safe.length <= most) return safe;
  const head = Math.ceil((most - 1) * 0.6);
  return `${whole(safe.slice(0, head))}…${whole(safe.slice(safe.length - (most - 1 - head)))}`;
}

const ESCAPE = '\u001b';
/** Control characters that a program may send to a screen beside text: line ends, tabs, the start of the line, and colours. */
const PRINTED = new RegExp(`(${ESCAPE}\\[[\\d;]*m|[\\n\\r\\t]+)`);
/** The beginning of a colour; its end may still come. */
const UNFINISHED = new RegExp(`${ESCAPE}(?:\\[[\\d;]{0,32})?$`);

/**
 * What a stranger's program prints, piece by piece, as a screen may get it: colours and line ends as they are, all else that
 * would steer a terminal or is not seen as an escape.
 */
export function visibleOutput(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  let rest = '';
  return (bytes) => {
    const text = rest + decoder.decode(bytes, { stream: true });
    rest = UNFINISHED.exec(text)?.[0] ?? '';
    const parts = text.slice(0, text.length - rest.length).split(PRINTED);
    return parts.map((part, i) => (i % 2 === 1 ? part : escapeHidden(part))).join('');
  };
}

/** Without the half of a pair that a cut has left at either end. */
function whole(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '').replace(/^[\udc00-\udfff]/, '');
}

/**
 * A message of several lines, as a traceback is: every line but the first is set in, so that no name with a line break can
 * pass for a line of ours.
 */
export function shownMessage(text: string): string {
  const lines = text.split(/\r?\n/);
  const kept =
    lines.length <= MAX_LINES
      ? lines
      : [...lines.slice(0, MAX_LINES / 2), '…', ...lines.slice(lines.length - MAX_LINES / 2 + 1)];
  const most = Math.max(MAX_NAME, Math.floor(MAX_MESSAGE / kept.length));
  return kept.map((line, i) => (i === 0 ? shown(line, most) : `    ${shown(line, most)}`)).join('\n');
}
