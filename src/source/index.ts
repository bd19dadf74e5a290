export { type AsyncOptions, withAsyncBytes } from './async.js';
export { type BlobSiblings, blobSource, xhrSource } from './browser.js';
export { isModelError, isSourceError, ModelError, type ModelErrorCode, type Place, SourceError } from './errors.js';
export { memorySource } from './memory.js';
export type { Source } from './source.js';
export type { Window, WindowedSource, WindowPolicy } from './window.js';
