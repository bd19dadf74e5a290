import { ModelError } from '../source/errors.js';
import type { OpenModule } from './open.js';
import type { ModuleInfo } from './types.js';

/** A module without its children, weights and calls, which are filled in later. */
export interface NewModule extends OpenModule {
  readonly children: { readonly name: string; readonly module: ModuleInfo }[];
  readonly weights: ModuleInfo['weights'][number][];
  readonly classHierarchy: string[];
}

/** A module of a path and a class, empty if it is not known, with the names of its bases where those are. */
export function newModule(path: string, type: string, bases: readonly string[] = []): NewModule {
  return {
    path,
    type,
    classHierarchy: type === '' ? [] : [type, ...bases],
    children: [],
    weights: [],
    calls: [],
    attrs: {},
  };
}

/** Characters of all modules' paths together: a level of a long name takes memory of the names above it again. */
const MAX_PATHS = 2 ** 27;

/** Counts the paths of a model's modules, and stops at more than any real model has. */
export class PathBudget {
  readonly #format: string;
  #characters = 0;

  constructor(format: string) {
    this.#format = format;
  }

  /** Throws ModelError `limit`. */
  take(path: string): void {
    this.#characters += path.length;
    if (this.#characters > MAX_PATHS)
      throw new ModelError('limit', `the paths of its modules have more than ${MAX_PATHS} characters in all`, {
        format: this.#format,
        at: { module: path.slice(0, 200) },
        hint: 'names as long and as deep as these are not a model’s: export it again with shorter ones',
      });
  }
}
