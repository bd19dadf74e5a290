export {
  openText,
  profile,
  read,
  reconcile,
  runScript,
  type ScriptOptions,
  stat,
} from './api/node/front.js';
// Everything of the browser's entry; what is named here takes the place of its namesakes.
export * from './index.js';
export { openSource } from './source/node/index.js';
