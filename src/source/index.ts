// Comes in: a path, Blob, address or bytes. Goes out: a Source, random access to bytes of which only those asked for are
// fetched, and the two kinds of error that leave the library.
// Add here: another place that bytes come from, as a Source; what needs Node goes into node/.
export { type AsyncOptions, withAsyncBytes } from './async.js';
export { type BlobSiblings, blobSource, xhrSource } from './browser.js';
export { isModelError, isSourceError, ModelError, type ModelErrorCode, type Place, SourceError } from './errors.js';
export { memorySource } from './memory.js';
export type { Source } from './source.js';
export type { Window, WindowedSource, WindowPolicy } from './window.js';
