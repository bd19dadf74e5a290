import type { Column, ColumnContext } from './columns.js';
import type { GridColumn, Style } from './grid.js';
import type { ReportRow } from './types.js';

/** Whether a column is dropped or cut on a screen that is too narrow. */
export type Fit = (column: string) => Pick<GridColumn, 'drop' | 'cut'>;

/** Settings of a rendering, worked out once. */
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
