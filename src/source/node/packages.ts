// As a namespace: bundlers follow the function by its own name to what it resolves, and pull in packages that only few need.
import * as modules from 'node:module';

let made: NodeJS.Require | null = null;

/** Loads and finds packages when they are needed, from where opcount is installed. */
export function packages(): NodeJS.Require {
  made ??= modules.createRequire(import.meta.url);
  return made;
}
