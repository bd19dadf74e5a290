/**
 * Language models and other transformers from their description. In: a configuration as checkpoints carry it. Out: an
 * architecture: a module of `opcount/nn` whose paths are those of the reference, and its inputs with free dimensions. Add here:
 * a family is a file in the folder of its kind in `families/`, made of `blocks/`, and its defaults a line in `defaults.ts`.
 */
import { ModelError } from '../../source/errors.js';
import { described } from '../../torch/nn/module.js';
import { asBackbone, isBackbone } from './backbone.js';
import type { Architecture, Builder, BuildOptions } from './blocks/model.js';
import { Config } from './config.js';
import { FAMILIES } from './families/index.js';
import { checkSizes } from './sizes-check.js';

/** The builder of a model type; null for a type that no family has. */
export function builderOf(type: string): Builder | null {
  return Object.hasOwn(FAMILIES, type) ? (FAMILIES[type] as Builder) : null;
}

/** The architecture of a configuration. Throws ModelError for a type that is not known, or sizes that make no model. */
export function architectureOf(
  given: Readonly<Record<string, unknown>>,
  options: Partial<BuildOptions> = {},
): Architecture & { readonly type: string; readonly architecture: string } {
  const type = given['model_type'];
  if (typeof type !== 'string' || type === '')
    throw new ModelError('malformed', 'the configuration has no "model_type"', {
      format: 'transformers',
      hint: 'add "model_type", as in the file on the model’s page',
    });
  const build = builderOf(type);
  if (build === null)
    throw new ModelError('unsupported', `the model type "${type.slice(0, 60)}" is not known`, {
      format: 'transformers',
      hint: 'give the checkpoint itself (model.safetensors): its header says what is stored; docs/language.md lists the types that are known',
    });
  const named = given['architectures'];
  const architecture = options.architecture ?? (Array.isArray(named) && typeof named[0] === 'string' ? named[0] : '');
  const config = new Config(type, given);
  checkSizes(config, architecture);
  const backbone = isBackbone(type, architecture);
  const made = described(() => {
    const base = build(config, { builderOf, ...options, architecture: backbone ? 'Model' : architecture });
    return backbone ? asBackbone(type, architecture, base) : base;
  });
  return { ...made, type, architecture };
}
