/** The kinds of rows that a table may have. In a file of their own: the command line lists them before any model is read. */
export const GROUPINGS = ['module', 'layer', 'type', 'op', 'node', 'line'] as const;
export type Grouping = (typeof GROUPINGS)[number];
