/**
 * Language models and other transformers from their description. In: a configuration as checkpoints carry it. Out: an
 * architecture: a module of `opcount/nn` whose paths are those of the reference, and its inputs with free dimensions. A new
 * family is an entry in one of `families/`, and its defaults a line in `defaults.ts`.
 */
import { ModelError } from '../../source/errors.js';
import { Config } from './config.js';
import type { Architecture, BuildOptions, Builder } from './model.js';

export { Config } from './config.js';
export { type Architecture, type BuildOptions, freeDim } from './model.js';

type Families = Readonly<Record<string, Builder>>;
/** Loaded one after the other until one has the type. */
const FILES: readonly (() => Promise<{ families: Families }>)[] = [() => import('./families/llama.js')];

/** The builder of a model type; null for a type that no family has. */
export async function builderOf(type: string): Promise<Builder | null> {
  for (const load of FILES) {
    const { families } = await load();
    if (Object.hasOwn(families, type)) return families[type] as Builder;
  }
  return null;
}

/** Every type that some family builds. */
export async function builtTypes(): Promise<string[]> {
  return (await Promise.all(FILES.map((load) => load()))).flatMap(({ families }) => Object.keys(families)).sort();
}

/** The architecture of a configuration. Throws ModelError for a type that is not known, or sizes that make no model. */
export async function architectureOf(
  given: Readonly<Record<string, unknown>>,
  options: Partial<BuildOptions> = {},
): Promise<Architecture & { readonly type: string; readonly architecture: string }> {
  const type = given['model_type'];
  if (typeof type !== 'string' || type === '')
    throw new ModelError('malformed', 'the configuration has no "model_type"', { format: 'transformers' });
  const build = await builderOf(type);
  if (build === null)
    throw new ModelError('unsupported', `the model type "${type.slice(0, 60)}" is not known`, {
      format: 'transformers',
      hint: 'give the checkpoint itself (model.safetensors): its header says what is stored',
    });
  const named = given['architectures'];
  const architecture = options.architecture ?? (Array.isArray(named) && typeof named[0] === 'string' ? named[0] : '');
  return { ...build(new Config(type, given), { ...options, architecture }), type, architecture };
}
