/** A dot of the roofline, in pixels. */
export interface Dot {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** The name of a dot, and where it stands: `left` ends there, else it begins there. */
export interface DotLabel {
  readonly id: number;
  readonly dot: Dot;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly left: boolean;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Room extends Box {
  readonly taken: readonly Box[];
}

/** Dots that have names, at most. */
const MOST = 12;
/** Dots nearer than this, in pixels, lie on one another. */
const SAME = 7;
const HIGH = 14;
const CHARACTER = 6.6;
const LONGEST = 34;
/** Places that are tried for a name, from its dot: right and left of it, then further up and down with a line to it. */
const PLACES = [0, -16, 16, -32, 32, -48, 48, -64, 64].flatMap((dy) => [
  { dx: 11, dy },
  { dx: -11, dy },
]);

/** Names for the longest of all dots, none over another or over a dot; a dot without room goes without. */
export function labelled(all: readonly Dot[], { taken, ...room }: Room): DotLabel[] {
  const dots = grouped(all).slice(0, MOST);
  const boxes: Box[] = [
    ...taken,
    ...dots.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 })),
  ];
  const labels: DotLabel[] = [];
  for (const dot of dots) {
    const name = dot.name.length > LONGEST ? `…${dot.name.slice(1 - LONGEST)}` : dot.name;
    const text = dot.more === 0 ? name : `${name} and ${dot.more} more`;
    const wide = text.length * CHARACTER;
    for (const { dx, dy } of PLACES) {
      const left = dx < 0;
      const [x, y] = [dot.x + dx, dot.y + dy + 4];
      const box = { left: left ? x - wide : x, right: left ? x : x + wide, top: y - HIGH + 3, bottom: y + 3 };
      const inside =
        box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
      if (!inside || boxes.some((other) => overlap(box, other))) continue;
      boxes.push(box);
      labels.push({ id: dot.id, dot, text, x, y, left });
      break;
    }
  }
  return labels;
}

/** Dots that cannot be told apart are one: the first of them has the name. */
function grouped(all: readonly Dot[]): (Dot & { readonly more: number })[] {
  const found = new Map<string, Dot & { more: number }>();
  for (const dot of all) {
    const key = `${Math.round(dot.x / SAME)} ${Math.round(dot.y / SAME)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...dot, more: 0 });
    else known.more++;
  }
  return [...found.values()];
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** The dot that a key leads to: arrows by the time that layers take, the longest first. Null for other keys. */
export function stepped(key: string, dots: readonly Dot[], from: number | null): number | null {
  const at = dots.findIndex(({ id }) => id === from);
  const last = dots.length - 1;
  const next =
    key === 'ArrowRight' || key === 'ArrowDown'
      ? at + 1
      : key === 'ArrowLeft' || key === 'ArrowUp'
        ? Math.max(0, at - 1)
        : key === 'Home'
          ? 0
          : key === 'End'
            ? last
            : null;
  return next === null ? null : (dots[Math.min(last, next)]?.id ?? null);
}
