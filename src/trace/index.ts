export { type Mark, type OpenCall, type OpenModule, type Spelling, Trace } from './trace.js';
export type * from './types.js';
