import type { Column, ColumnContext } from './columns.js';
import type { Style } from './grid.js';
import type { ReportRow } from './types.js';

/** What renderers need, settled once. */
export interface View extends ColumnContext {
  readonly columns: readonly Column[];
  readonly rows: readonly ReportRow[];
  /** Rows that `top` left out. */
  readonly omitted: number;
  readonly depth: number | null;
  readonly formula: boolean;
  readonly style: Style;
}
