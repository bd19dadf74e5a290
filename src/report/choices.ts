/** The choices that a rendering leaves. In a file of their own: the command line lists them long before it renders anything. */
export const FORMATS = ['table', 'tree', 'json', 'csv', 'md', 'html', 'latex'] as const;
export type Format = (typeof FORMATS)[number];

export const SORTS = ['macs', 'flops', 'params', 'memory'] as const;
export type Sort = (typeof SORTS)[number];

/** `auto`: three decimals and a decimal prefix; `raw`: all digits; the others: always that prefix. */
export const UNIT_MODES = ['auto', 'raw', 'G', 'M'] as const;
export type UnitMode = (typeof UNIT_MODES)[number];
