/** What a row of a table may stand for. By itself: the command line lists them before any model is read. */
export const GROUPINGS = ['module', 'layer', 'type', 'op', 'node', 'line'] as const;
export type Grouping = (typeof GROUPINGS)[number];
