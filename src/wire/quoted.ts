const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** A text in quotes without them and its escapes: `\n`, `\t` and `\r`; any other sign after `\` is that sign. */
export function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\([\s\S])/g, (_, c: string) => ESCAPES[c] ?? c);
}
