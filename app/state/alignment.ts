/**
 * Which modules of one model stand for those of another. In: two trees of modules. Out: the second with the names of the
 * first, so that modules of the same name are set side by side. A module without a counterpart keeps its name and stands alone.
 */
export interface Tree<T> {
  readonly name: string;
  /** The class, without its module: `Conv2d`. */
  readonly type: string;
  readonly children: readonly T[];
}

/** Classes that only hold others: two of them are alike if what they hold is. */
const CONTAINERS = new Set(['', 'Sequential', 'ModuleList', 'ModuleDict', 'Module']);
/** How much of what two containers hold has to be of the same classes. */
const ENOUGH = 0.5;
/** Beyond this many pairs only children at the same place are compared. */
const MOST_PAIRS = 1_000_000;

/** The second tree with the names of the modules of the first that its own stand for. */
export function renamedAlike<T extends Tree<T>>(first: T, second: T): T {
  const contents = new Map<T, ReadonlyMap<string, number>>();
  const contentsOf = (tree: T): ReadonlyMap<string, number> => {
    let known = contents.get(tree);
    if (known === undefined) {
      known = leafClasses(tree.children, contentsOf);
      contents.set(tree, known);
    }
    return known;
  };
  const alike = (x: T, y: T): boolean =>
    x.type === y.type && (!CONTAINERS.has(x.type) || overlap(contentsOf(x), contentsOf(y)) >= ENOUGH);
  const renamed = (a: T, b: T): T => {
    const twins = counterparts(a.children, b.children, alike, (tree) => sizeOf(contentsOf(tree)));
    const children = b.children.map((child, i) => {
      const twin = twins[i];
      return twin === undefined ? apart(child, a.children) : renamed(twin, child);
    });
    return { ...b, name: a.name, children };
  };
  return renamed(first, second);
}

/** A child without a counterpart, under a name that none of the other model's children has. */
function apart<T extends Tree<T>>(child: T, others: readonly T[]): T {
  return others.some(({ name }) => name === child.name) ? { ...child, name: `${child.name} ` } : child;
}

/**
 * For each child of the second the one of the first that it stands for: the one of its name; of what is left, those that are
 * alike in the same order; and at last the two that hold the most of both, as `model` and `transformer` do. A number is a
 * place and not a name: it says nothing of what is there.
 */
function counterparts<T extends Tree<T>>(
  first: readonly T[],
  second: readonly T[],
  alike: (x: T, y: T) => boolean,
  size: (tree: T) => number,
): (T | undefined)[] {
  const named = new Map(first.filter(({ name }) => !isNumber(name)).map((child) => [child.name, child]));
  const twins = second.map(({ name }) => named.get(name));
  const taken = new Set(twins);
  const left = first.filter((child) => !taken.has(child));
  const open = [...second.keys()].filter((i) => twins[i] === undefined);
  const found = inOrder(
    left,
    open.map((i) => second[i] as T),
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
function leafClasses<T extends Tree<T>>(
  children: readonly T[],
  contentsOf: (tree: T) => ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const add = (type: string, n: number): void => void sums.set(type, (sums.get(type) ?? 0) + n);
  for (const child of children) {
    if (child.children.length === 0) add(child.type, 1);
    else for (const [type, n] of contentsOf(child)) add(type, n);
  }
  return sums;
}

/** Leaves below; of a leaf itself, one. */
function sizeOf(classes: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const n of classes.values()) sum += n;
  return Math.max(1, sum);
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
