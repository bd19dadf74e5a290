import type { TrainingOptions } from '../transforms/training/types.js';
import type { MeasureId } from './measures.js';

/** `'5G'`, `'512MiB'` or a whole number. */
type Amount = string | number;
/** `'1x3x224x224:float16'`, or a list of extents, each a number or the name of a free dimension. */
type Shape = string | (string | number)[];

/** A model of a project, its sizes and budgets. Paths are from the configuration's folder. */
export interface ConfigModel {
  /** A path, an address or a built-in name. */
  model: string;
  /** How results and the baseline call it; `model` where left out. */
  name?: string | undefined;
  inputs?: Shape[] | Record<string, Shape> | undefined;
  bind?: Record<string, string | number> | undefined;
  /** A file with formulas for operators that have none. */
  formulas?: string | undefined;
  causal?: 'full' | 'half' | undefined;
  logits?: 'all' | 'last' | undefined;
  inplace?: boolean | undefined;
  context?: number | undefined;
  weights?: string | undefined;
  kv?: string | undefined;
  pythonPath?: string[] | undefined;
  /** How it is trained, for a budget on `training`. */
  training?: { [K in keyof TrainingOptions]?: TrainingOptions[K] | undefined } | undefined;
  budgets?: Partial<Record<MeasureId, Amount | undefined>> | undefined;
  /** Growth over the baseline that is let pass, in percent. */
  tolerance?: number | undefined;
}

/** The configuration of a project: `opcount.config.json`, or the default export of `opcount.config.ts`. */
export interface CheckConfig {
  $schema?: string | undefined;
  /** A text is a model without budgets of its own: it must be counted whole, and keep to the baseline. */
  models: (string | ConfigModel)[];
  /** The file that `opcount check --update` writes, and that nothing may outgrow. */
  baseline?: string | undefined;
  tolerance?: number | undefined;
}

/** The configuration as it is: in an `opcount.config.ts` it gives the editor its types. */
export function defineConfig(config: CheckConfig): CheckConfig {
  return config;
}
