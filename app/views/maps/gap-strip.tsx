import type { NodeSheet } from '../../sheet.js';
import { select } from '../../state/view.js';

/** Height of the strip of what has no formula. */
const STRIP = 34;
/** More than this are shown as a number. */
const MOST = 12;
/** Average width of a character, and least width of a tile whose name can be read. */
const [CHARACTER, NARROWEST] = [7, 64];

export function stripOf(gaps: readonly number[]): number {
  return gaps.length > 0 ? STRIP : 0;
}

interface GapStripProps {
  readonly nodes: readonly NodeSheet[];
  readonly gaps: readonly number[];
  readonly chosen: number | null;
  readonly width: number;
  /** The lower edge of the drawing. */
  readonly bottom: number;
}

/** Operators without a formula, as a strip below a treemap: they have no area of their own, and take none from the others. */
export function GapStrip({ nodes, gaps, chosen, width, bottom }: GapStripProps) {
  const most = Math.max(1, Math.min(MOST, Math.floor(width / NARROWEST)));
  const some = gaps.slice(0, gaps.length > most ? most - 1 : most);
  const each = width / (some.length + (gaps.length > some.length ? 1 : 0));
  const box = { y: bottom - STRIP + 3, width: Math.max(0, each - 2), height: STRIP - 3 };
  const baseline = bottom - STRIP + 22;
  return (
    <>
      {some.map((id, i) => (
        <g
          key={id}
          class={`tile uncounted-tile${id === chosen ? ' chosen' : ''}`}
          data-id={id}
          onClick={() => select(id)}
        >
          <rect x={i * each} {...box} />
          <rect class="hatch" x={i * each} {...box} />
          <text x={i * each + 6} y={baseline}>
            {labelOf(nodes[id], Math.floor((each - 12) / CHARACTER))}
          </text>
        </g>
      ))}
      {gaps.length > some.length && (
        <text class="axis start" x={some.length * each + 6} y={baseline}>
          and {gaps.length - some.length} more
        </text>
      )}
    </>
  );
}

/** The end of a path says what it is; the question mark stays. */
function labelOf(node: NodeSheet | undefined, room: number): string {
  const name = node?.path || node?.name || '';
  return name.length + 2 <= room ? `${name} ?` : `…${name.slice(Math.min(name.length, name.length - room + 3))} ?`;
}

/** The smallest parts below a module that have operators without a formula. */
export function gapsBelow(
  nodes: readonly { readonly unknown: number; readonly children: readonly number[]; readonly level: number }[],
  root: number,
): number[] {
  const found: number[] = [];
  const visit = (id: number): void => {
    const node = nodes[id];
    if (node === undefined || node.unknown === 0) return;
    const below = node.children.filter((child) => (nodes[child]?.unknown ?? 0) > 0);
    if (below.length === 0) found.push(id);
    else for (const child of below) visit(child);
  };
  visit(root);
  return found;
}
