export { filesIn } from './folder.js';
export { openSource } from './open.js';
