/**
 * Which modules of one model stand for those of another. In: two trees of modules. Out: a row for each module of either, or of
 * both side by side. The command line and the page pair by the same rule.
 */
export interface ComparedModule<N> {
  readonly name: string;
  /** The class, with its module or without: `torch.nn.modules.conv.Conv2d`, `Conv2d`. */
  readonly type: string;
  readonly children: readonly N[];
}

/** A module of either model, or of both, beside each other. The name is that in the first model that has it. */
export interface Pair<N> {
  readonly name: string;
  readonly level: number;
  readonly a: N | null;
  readonly b: N | null;
}

/** Classes that only hold others: two of them are alike if what they hold is. */
const CONTAINERS: ReadonlySet<string> = new Set(['', 'Sequential', 'ModuleList', 'ModuleDict', 'Module']);
/** How much of what two modules hold has to be of the same classes. */
const ENOUGH = 0.5;
/** Beyond this many pairs only children at the same place are compared. */
const MOST_PAIRS = 1_000_000;

/**
 * The modules of two models down to a depth. Children of one parent stand for each other if they have the same name; of those
 * left, if they are alike and in the same order; what one model lacks stands alone, in its place.
 */
export function pairsOf<N extends ComparedModule<N>>(a: N, b: N, depth: number): Pair<N>[] {
  const pairs: Pair<N>[] = [{ name: 'total', level: 0, a, b }];
  const likeness = likenessOf<N>();
  const walk = (x: N | null, y: N | null, level: number): void => {
    if (level > depth) return;
    for (const [left, right] of rowsOf(x?.children ?? [], y?.children ?? [], likeness)) {
      pairs.push({ name: (left ?? right)?.name ?? '', level, a: left, b: right });
      walk(left, right, level + 1);
    }
  };
  walk(a, b, 1);
  return pairs;
}

/** The children of both, each once, in the order of the first; those that only the second has come where it has them. */
function rowsOf<N extends ComparedModule<N>>(
  first: readonly N[],
  second: readonly N[],
  likeness: Likeness<N>,
): [N | null, N | null][] {
  if (first.length === 0 || second.length === 0)
    return [...first.map((x): [N, null] => [x, null]), ...second.map((y): [null, N] => [null, y])];
  const twins = counterparts(first, second, likeness);
  // Of several that stand for one the last does.
  const twinOf = new Map(second.flatMap((y, i) => (twins[i] === undefined ? [] : [[twins[i] as N, y] as const])));
  const paired = new Set(twinOf.values());
  const rows: [N | null, N | null][] = [];
  const alone = second.filter((y) => !paired.has(y));
  const place = new Map(second.map((y, i) => [y, i]));
  let next = 0;
  const addBefore = (end: number): void => {
    for (; next < alone.length && (place.get(alone[next] as N) as number) < end; next++)
      rows.push([null, alone[next] as N]);
  };
  for (const x of first) {
    const y = twinOf.get(x) ?? null;
    if (y !== null) addBefore(place.get(y) as number);
    rows.push([x, y]);
  }
  addBefore(second.length);
  return rows;
}

/** How two modules are judged. */
interface Likeness<N> {
  alike(x: N, y: N): boolean;
  /** Leaves below; of a leaf itself, one. */
  size(module: N): number;
}

function likenessOf<N extends ComparedModule<N>>(): Likeness<N> {
  const known = new Map<N, ReadonlyMap<string, number>>();
  const contentsOf = (module: N): ReadonlyMap<string, number> => {
    let contents = known.get(module);
    if (contents === undefined) {
      contents = leafClasses(module.children, contentsOf);
      known.set(module, contents);
    }
    return contents;
  };
  return {
    alike: (x, y) => {
      const type = className(x.type);
      if (type === className(y.type)) return !CONTAINERS.has(type) || overlap(contentsOf(x), contentsOf(y)) >= ENOUGH;
      // The layers of two lists have classes that are named after their models.
      if (!isNumber(x.name) || !isNumber(y.name) || x.children.length === 0 || y.children.length === 0) return false;
      return overlap(contentsOf(x), contentsOf(y)) >= ENOUGH;
    },
    size: (module) =>
      Math.max(
        1,
        [...contentsOf(module).values()].reduce((sum, n) => sum + n, 0),
      ),
  };
}

/**
 * For each child of the second the one of the first that it stands for: the one of its name; of what is left, those that are
 * alike in the same order; and at last the two that hold the most of both, as `model` and `transformer` do. A number is a
 * place and not a name: it says nothing of what is there.
 */
function counterparts<N extends ComparedModule<N>>(
  first: readonly N[],
  second: readonly N[],
  { alike, size }: Likeness<N>,
): (N | undefined)[] {
  const named = new Map(first.filter(({ name }) => !isNumber(name)).map((child) => [child.name, child]));
  const twins = second.map(({ name }) => named.get(name));
  const taken = new Set(twins);
  const left = first.filter((child) => !taken.has(child));
  const open = [...second.keys()].filter((i) => twins[i] === undefined);
  if (left.length === 0 || open.length === 0) return twins;
  const found = inOrder(
    left,
    open.map((i) => second[i] as N),
    alike,
  );
  for (const [k, i] of open.entries()) twins[i] = found[k];
  const [x, y] = [mainOf(first, size), mainOf(second, size)];
  if (x !== undefined && y !== undefined) {
    const place = second.indexOf(y);
    if (twins[place] === undefined && !twins.includes(x)) twins[place] = x;
  }
  return twins;
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

function className(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

/** The child that holds more than half of all leaves. */
function mainOf<T>(children: readonly T[], size: (tree: T) => number): T | undefined {
  const whole = children.reduce((sum, child) => sum + size(child), 0);
  return children.find((child) => 2 * size(child) > whole && size(child) > 1);
}

/** For each of the second, what it stands for of the first, with as many pairs as there can be in the order of both. */
function inOrder<T>(first: readonly T[], second: readonly T[], alike: (x: T, y: T) => boolean): (T | undefined)[] {
  if (first.length * second.length > MOST_PAIRS)
    return second.map((y, i) => {
      const x = first[i];
      return x !== undefined && alike(x, y) ? x : undefined;
    });
  // Those that are like nothing would only pull the choice among equally long sequences towards later pairs.
  const xs = first.filter((x) => second.some((y) => alike(x, y)));
  const ys = second.filter((y) => first.some((x) => alike(x, y)));
  const found = longestCommon(xs, ys, alike);
  return second.map((y) => found.get(y));
}

/** The longest common subsequence by the usual table: of the second, with the partner in the first. */
function longestCommon<T>(first: readonly T[], second: readonly T[], alike: (x: T, y: T) => boolean): Map<T, T> {
  const [n, m] = [first.length, second.length];
  const width = m + 1;
  const longest = new Uint32Array((n + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] as number;
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      longest[i * width + j] = alike(first[i] as T, second[j] as T)
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
  const found = new Map<T, T>();
  for (let i = 0, j = 0; i < n && j < m; ) {
    const [x, y] = [first[i] as T, second[j] as T];
    if (alike(x, y)) {
      found.set(y, x);
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}

/** How many leaves of each class lie below. */
function leafClasses<N extends ComparedModule<N>>(
  children: readonly N[],
  contentsOf: (module: N) => ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const add = (type: string, n: number): void => void sums.set(type, (sums.get(type) ?? 0) + n);
  for (const child of children) {
    if (child.children.length === 0) add(className(child.type), 1);
    else for (const [type, n] of contentsOf(child)) add(type, n);
  }
  return sums;
}

/** The size of the intersection of two collections over that of their union. */
function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [common, all] = [0, 0];
  for (const type of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(type) ?? 0, b.get(type) ?? 0];
    common += Math.min(x, y);
    all += Math.max(x, y);
  }
  return all === 0 ? 1 : common / all;
}
