export { fileSource } from './file.js';
export { urlSource } from './http.js';
export { openSource, stdinSource } from './open.js';
