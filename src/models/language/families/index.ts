import type { Builder } from '../model.js';
import { families as experts } from './experts.js';
import { families as llama } from './llama.js';

/** Every model type that is built. */
export const FAMILIES: Readonly<Record<string, Builder>> = { ...llama, ...experts };
