import type { OpenModule } from './trace.js';
import type { ModuleInfo } from './types.js';

/** A module whose children, weights and calls are still to be filled in. */
export interface NewModule extends OpenModule {
  readonly children: { readonly name: string; readonly module: ModuleInfo }[];
  readonly weights: ModuleInfo['weights'][number][];
  readonly classHierarchy: string[];
}

/** A module of a path and a class, empty where it is not known, with the names of its bases where those are. */
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
