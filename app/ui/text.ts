/** A name of a file, which may be of any length, with its middle left out where it is longer than a line has room for. */
export function brief(name: string, most = 72): string {
  if (name.length <= most) return name;
  const all = [...name];
  if (all.length <= most) return name;
  const half = Math.floor((most - 1) / 2);
  return `${all.slice(0, half).join('')}…${all.slice(-half).join('')}`;
}

/** The beginning of a text, `most` characters of it at most; none of them is half of one. */
export function beginning(text: string, most: number): string {
  return text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}

/** A message as a sentence: what begins with a word of its own begins with a capital, and it ends with a full stop. */
export function asSentence(text: string): string {
  const start = /^[a-z]+\b(?![\w./])/.test(text) ? `${text[0]?.toUpperCase()}${text.slice(1)}` : text;
  return text === '' || /[.?!]$/.test(text) ? start : `${start}.`;
}
