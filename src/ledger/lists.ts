/** A list with one more at its end: most are short, and the first `push` to a list makes room for sixteen more. */
export function appended<T>(list: readonly T[], item: T): T[] {
  switch (list.length) {
    case 0:
      return [item];
    case 1:
      return [list[0] as T, item];
    case 2:
      return [list[0] as T, list[1] as T, item];
    case 3:
      return [list[0] as T, list[1] as T, list[2] as T, item];
    case 4:
      return [list[0] as T, list[1] as T, list[2] as T, list[3] as T, item];
    default:
      (list as T[]).push(item);
      return list as T[];
  }
}

/** Lists that are empty, most of those of a large model's modules. */
export const NONE: readonly never[] = Object.freeze([]);
