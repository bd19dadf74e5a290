/**
 * The candidates that `word` may be a slip of, nearest first: at most a third of its letters wrong, missing, too many or
 * swapped with their neighbour, or a candidate that it begins.
 */
export function nearest(word: string, candidates: Iterable<string>, count = 3): string[] {
  const typed = plain(word);
  const limit = Math.max(1, Math.floor(typed.length / 3));
  return [...candidates]
    .map((name) => {
      const other = plain(name);
      const begun = typed.length >= 3 && other.startsWith(typed);
      return {
        name,
        distance: begun ? 0.5 : distance(typed, other, limit),
        rest: Math.abs(other.length - typed.length),
      };
    })
    .filter(({ distance: d }) => d <= limit)
    .sort((a, b) => a.distance - b.distance || a.rest - b.rest || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** `resnet50, resnet18 or resnet34` */
export function anyOf(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ');
}

/** `did you mean thop? `, where something is near; else nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearest(word, candidates, 2);
  return near.length === 0 ? '' : `did you mean ${anyOf(near)}? `;
}

/** Case, hyphens, dots and spaces are how people write the same name: `ResNet-50`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s._-]/g, '');
}

/** Optimal string alignment distance, or anything above `limit` as soon as it must be. Time and space of the shorter × the longer. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
