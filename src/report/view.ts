import type { Column, ColumnContext } from './columns.js';
import type { GridColumn, Style } from './grid.js';
import type { ReportRow } from './types.js';

/** What becomes of a column on a screen that is too narrow. */
export type Fit = (column: string) => Pick<GridColumn, 'drop' | 'cut'>;

/** What renderers need, settled once. */
export interface View extends ColumnContext {
  readonly columns: readonly Column[];
  readonly rows: readonly ReportRow[];
  /** Rows that `top` left out. */
  readonly omitted: number;
  readonly depth: number | null;
  readonly formula: boolean;
  readonly style: Style;
  readonly fit: Fit;
}
