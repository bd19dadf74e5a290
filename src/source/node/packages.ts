// As a namespace: bundlers follow the function by its own name to what it resolves, and pull in packages that only few need.
import * as modules from 'node:module';

/** Loads and finds packages when they are needed, from where opcount is installed. */
export const packages: NodeJS.Require = modules.createRequire(import.meta.url);
