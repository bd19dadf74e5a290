import type { PageModel } from '../../sheet.js';
import { fitting, LINE } from '../../ui/fitting.js';
import { className, percent } from '../../ui/numbers.js';
import type { Tile } from './treemap-layout.js';

interface TilesProps {
  readonly sheet: PageModel;
  readonly tiles: readonly Tile[];
  readonly whole: number;
  readonly chosen: number | null;
  /** The class that colours a tile. */
  readonly paint: (id: number) => string;
  readonly text: (value: number) => string;
  /** Whether a part is among those that are searched for; all are where it is left out. */
  readonly found?: ((id: number) => boolean) | undefined;
}

/** Rectangles of a treemap: leaves first, then the outlines and names of what they lie in, over them. */
export function Tiles({ sheet, tiles, whole, chosen, paint, text, found }: TilesProps) {
  return (
    <>
      {tiles.map(
        (tile) =>
          !tile.group && (
            <Leaf
              key={tile.id}
              tile={tile.name === '' && tile.level === 0 ? { ...tile, name: sheet.model.name } : tile}
              type={nameOf(sheet, tile)}
              chosen={tile.id === chosen}
              paint={paint(tile.id)}
              gap={(sheet.nodes[tile.id]?.unknown ?? 0) > 0}
              text={text(tile.value)}
              share={percent(tile.value, whole)}
              faint={found !== undefined && !found(tile.id)}
            />
          ),
      )}
      {/* The outer ones last: their lines are the stronger. */}
      {tiles
        .filter((tile) => tile.group && tile.level > 0)
        .reverse()
        .map((tile) => (
          <Group key={tile.id} tile={tile} type={nameOf(sheet, tile)} chosen={tile.id === chosen} />
        ))}
    </>
  );
}

/** The class of a tile, with how many of it there are. */
function nameOf(sheet: PageModel, { id, copies, type }: Tile): string {
  const own = className(type);
  const node = sheet.nodes[id];
  if (node?.kind === 'op') return own === node.name ? '' : own;
  return copies > 1 && own !== '' ? `${copies} × ${own}` : own;
}

interface LeafProps {
  readonly tile: Tile;
  readonly type: string;
  readonly chosen: boolean;
  readonly paint: string;
  readonly gap: boolean;
  readonly text: string;
  readonly share: string;
  readonly faint: boolean;
}

function Leaf({ tile, type, chosen, paint, gap, text, share, faint }: LeafProps) {
  const { id, x, y, width, height, name, textTop } = tile;
  const label = width > (name.length + type.length) * 6.6 + 14 ? name : fitting(name, width, height - textTop);
  const room = height - textTop;
  return (
    <g
      class={`tile leaf ${paint}${chosen ? ' chosen' : ''}${faint ? ' faint' : ''}`}
      data-id={id}
      data-copies={tile.copies}
    >
      <rect x={x} y={y} width={width} height={height} />
      {gap && <rect class="hatch" x={x} y={y} width={width} height={height} />}
      {label !== '' && room > LINE && (
        <text x={x + 5} y={y + textTop + 13}>
          {label}
          {label === name && width > (name.length + type.length) * 6.6 + 14 && (
            <tspan class="kind" dx={5}>
              {type}
            </tspan>
          )}
        </text>
      )}
      {room > LINE * 2 + 2 && width > 44 && (
        <text class="second" x={x + 5} y={y + textTop + 27}>
          {width > 130 ? `${text} · ${share}` : share}
        </text>
      )}
    </g>
  );
}

function Group({ tile, type, chosen }: { readonly tile: Tile; readonly type: string; readonly chosen: boolean }) {
  const { id, x, y, width, height, name, level, textTop } = tile;
  const both = name !== '' && type !== '' && width > (name.length + type.length) * 7.2 + 20;
  const label = both ? name : fitting(name, (width - 4) * 0.9, LINE);
  const wide = Math.min(width - 2, label.length * 6.9 + (both ? type.length * 6.8 + 6 : 0) + 9);
  return (
    <g class={`tile group level${Math.min(level, 3)}${chosen ? ' chosen' : ''}`}>
      <rect class="outline" x={x} y={y} width={width} height={height} />
      {label !== '' && (
        <g data-id={id} data-copies={tile.copies} class="tab-label">
          <rect x={x + 1} y={y + textTop + 1} width={wide} height={LINE} />
          <text x={x + 5} y={y + textTop + 12.5}>
            {label}
            {both && (
              <tspan class="kind" dx={5}>
                {type}
              </tspan>
            )}
          </text>
        </g>
      )}
    </g>
  );
}
