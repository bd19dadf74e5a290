import { useMemo } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';
import type { Measure } from '../../state/tool-counts.js';
import { gapsBelow, stripOf } from './gap-strip.js';
import { type Tile, treemap } from './treemap-layout.js';

/** A treemap, and the operators without a formula that stand below it, in a strip of that height. */
export interface TreemapParts {
  readonly tiles: readonly Tile[];
  readonly gaps: readonly number[];
  readonly strip: number;
}

/** The treemap of a module within a size, worked out again only where one of these changes. */
export function useTreemap(
  sheet: PageModel | undefined,
  by: Measure | null,
  root: number,
  size: { readonly width: number; readonly height: number },
  fold: boolean,
): TreemapParts {
  const { width, height } = size;
  const gaps = useMemo(() => (sheet === undefined ? [] : gapsBelow(sheet.nodes, root)), [sheet, root]);
  const strip = by?.partial === true ? stripOf(gaps) : 0;
  const tiles = useMemo(
    () =>
      sheet === undefined || by === null ? [] : treemap(sheet.nodes, by.nodes, root, width, height - strip, { fold }),
    [sheet, by, root, width, height, strip, fold],
  );
  return { tiles, gaps, strip };
}
