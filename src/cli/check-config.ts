import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SourceError } from '../source/errors.js';
import { packages } from '../source/node/packages.js';
import { textFile } from '../source/node/text.js';
import { type CheckPlan, planFrom } from './check-plan.js';
import { UsageError } from './errors.js';

/** Where a project's configuration may be, the first that is there counts; then the field of package.json. */
const FILES = ['json', 'ts', 'mts', 'js', 'mjs'].map((end) => `opcount.config.${end}`);

export interface FoundPlan extends CheckPlan {
  /** The configuration's folder: its paths are from there. */
  readonly folder: string;
}

/** The configuration of the project in `folder`, or the one in `file`. Throws UsageError if there is none. */
export async function findPlan(folder: string, file?: string): Promise<FoundPlan> {
  const path = file === undefined ? FILES.map((name) => join(folder, name)).find((p) => existsSync(p)) : resolve(file);
  if (path !== undefined) return { ...planFrom(await configIn(path), nameOf(path)), folder: dirname(path) };
  const manifest = join(folder, 'package.json');
  const own: unknown = existsSync(manifest) ? jsonIn(manifest)['opcount'] : undefined;
  if (own !== undefined) return { ...planFrom(own, 'package.json, opcount'), folder };
  throw new UsageError(
    'no model was given, and this folder has no opcount.config.json',
    'opcount check model.onnx --max-macs 5G, or write {"models": [{"model": "model.onnx", "budgets": {"macs": "5G"}}]} into opcount.config.json',
  );
}

const nameOf = (path: string): string => path.slice(path.replaceAll('\\', '/').lastIndexOf('/') + 1);

async function configIn(path: string): Promise<unknown> {
  if (/\.json$/i.test(path)) return jsonIn(path);
  if (!existsSync(path)) throw missing(path, 'there is no such file');
  try {
    const module: unknown = await moduleIn(path);
    return (module as { default?: unknown }).default ?? module;
  } catch (cause) {
    throw new UsageError(
      `${path} cannot be run: ${cause instanceof Error ? cause.message : String(cause)}`,
      'it is a module whose default export is the configuration',
    );
  }
}

/** Node 20 does not read TypeScript itself; what does is loaded for such a configuration alone, and reads JavaScript too. */
async function moduleIn(path: string): Promise<unknown> {
  const { createJiti } = packages()('jiti') as typeof import('jiti');
  return createJiti(path, { interopDefault: true, moduleCache: false, fsCache: false }).import(path);
}

function jsonIn(path: string): Record<string, unknown> {
  const text = textFile(path, 'configuration', CHECK_PATH);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`, 'look for a comma or a quote there');
  }
}

const CHECK_PATH = 'check the path of --config';

function missing(path: string, why: string): SourceError {
  return new SourceError(`cannot read the configuration ${path}: ${why}`, { hint: CHECK_PATH });
}
