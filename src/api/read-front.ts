import type { AnyLedger, Ledger } from '../ledger/index.js';
import type { BuiltinModel } from '../models/registry.js';
import { type ModelLike, type OpenOptions, type ReadingOptions, readBuiltin, readOptions, readWith } from './read.js';

/** A model by what stands for it in a browser: a URL, or a built-in model's name. */
export async function openText(text: string, options: ReadingOptions): Promise<AnyLedger> {
  if (!/^(https?|blob|data):/i.test(text)) return readBuiltin(text, options);
  const { readAsync } = await import('./open.js');
  return readAsync(new URL(text), readOptions(options));
}

/** The raw trace of a model: module calls, operators, weights; what reports are made of. */
export function read(model: ModelLike, options?: OpenOptions): Promise<Ledger> {
  return readWith(openText, model, options);
}

/** The models that `profile` and `read` know by name. */
export async function builtinModels(): Promise<readonly BuiltinModel[]> {
  const { BUILTIN } = await import('../models/registry.js');
  return [...BUILTIN.values()];
}
