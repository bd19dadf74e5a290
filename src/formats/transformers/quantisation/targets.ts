/** Longer lists and patterns than real ones are not looked at. */
const MAX_NAMES = 4096;
const MAX_PATTERN = 200;

/**
 * Whether a list of modules names one of some paths: by the class (`Linear`), the whole path, its beginning, its end, or `re:` and
 * a pattern that fits from the start.
 */
export function isNamed(list: readonly string[], paths: readonly string[], kind: string): boolean {
  return list.slice(0, MAX_NAMES).some((entry) => {
    if (entry === kind) return true;
    if (entry.startsWith('re:')) return fits(entry.slice(3), paths);
    return paths.some(
      (path) =>
        path === entry ||
        path.startsWith(`${entry}.`) ||
        path.endsWith(`.${entry}`) ||
        path.includes(`.${entry}.`) ||
        (entry.includes('*') && fits(entry.replace(/[.]/g, '\\.').replace(/\*/g, '.*'), paths)),
    );
  });
}

const patterns = new Map<string, RegExp | null>();

function fits(text: string, paths: readonly string[]): boolean {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    pattern = patternOf(text);
    patterns.set(text, pattern);
  }
  return pattern !== null && paths.some((path) => (pattern as RegExp).test(path));
}

/** A pattern of a stranger's file: none that could take long (repeated groups, look-arounds, many stars). */
function patternOf(text: string): RegExp | null {
  if (text.length > MAX_PATTERN || /\)[*+{?]|\(\?(?!:)|\\[1-9]/.test(text)) return null;
  if ((text.match(/[*+{]/g) ?? []).length > 6) return null;
  try {
    return new RegExp(`^(?:${text})`);
  } catch {
    return null;
  }
}
