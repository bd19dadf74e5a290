export { type AsyncOptions, withAsyncBytes } from './async.js';
export { type BlobSiblings, blobSource, xhrSource } from './browser.js';
export { isModelError, isSourceError, ModelError, type ModelErrorCode, type Place, SourceError } from './errors.js';
export { memorySource } from './memory.js';
export { checkRange, type Source, siblingSegments } from './source.js';
export { CALL_BOUND, LOCAL, REMOTE, type Window, type WindowedSource, type WindowPolicy, windowed } from './window.js';
