export { openSource } from './open.js';
