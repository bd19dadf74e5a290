import type * as z from 'zod/mini';
import type { InputLike, InputsLike } from '../api/options.js';
import { namedShape, parseShape } from '../api/options.js';
import type { ProfileOptions } from '../api/profile.js';
import { amount } from '../check/amount.js';
import type { CheckConfig, ConfigModel } from '../check/config.js';
import type { MeasureId } from '../check/index.js';
import { nearest } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';
import { Config } from './config-schema.js';

/** A model to check, as the configuration or the command line asks for it. */
export interface CheckModel {
  readonly name: string;
  /** As it was written: a path from the configuration's folder, a URL or a built-in name. */
  readonly model: string;
  readonly options: ProfileOptions;
  /** A file with formulas for operators that have none. */
  readonly formulas: string | null;
  readonly pythonPath: readonly string[];
  readonly budgets: Readonly<Partial<Record<MeasureId, bigint>>>;
  /** In percent. */
  readonly tolerance: number;
}

export interface CheckPlan {
  readonly models: readonly CheckModel[];
  /** A path from the configuration's folder; null if none is kept. */
  readonly baseline: string | null;
}

/** The requests of a configuration. `file` is its name in messages. Throws ModelError `argument` that names the field. */
export function planFrom(value: unknown, file: string): CheckPlan {
  const parsed = Config.safeParse(value);
  if (!parsed.success) {
    const [issue] = [...parsed.error.issues].sort((a, b) => rank(a) - rank(b));
    throw wrong(file, issue as z.core.$ZodIssue, value);
  }
  // As it was given: the copy that the check makes has lost what is named __proto__, which a dimension may well be.
  const config = value as CheckConfig;
  const models = config.models.map((given, i) => {
    const model: ConfigModel = typeof given === 'string' ? { model: given } : given;
    try {
      return modelFrom(model, config.tolerance ?? 0);
    } catch (error) {
      throw located(error, file, `models[${i}]`);
    }
  });
  const names = models.map((m) => m.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (models.length === 0)
    throw new ModelError('argument', `${file} names no models`, { hint: '{"models": [{"model": "model.onnx"}]}' });
  if (twice !== undefined)
    throw new ModelError('argument', `${file} has two models with the name "${twice}"`, {
      hint: 'give each a "name" of its own: results and baselines go by it',
    });
  return { models, baseline: config.baseline ?? null };
}

function modelFrom(given: ConfigModel, tolerance: number): CheckModel {
  const { model, name = model, inputs, bind, formulas, pythonPath, budgets = {}, ...options } = given;
  const limits: Partial<Record<MeasureId, bigint>> = {};
  for (const [id, limit] of Object.entries(budgets)) if (limit !== undefined) limits[id as MeasureId] = amount(limit);
  const own = given.tolerance ?? tolerance;
  if (!(own >= 0)) throw new ModelError('argument', `a tolerance of ${own} %`, { hint: 'percent, from 0 on' });
  const { tolerance: _own, ...rest } = options;
  return {
    name,
    model,
    options: {
      ...(limits.training === undefined ? {} : { training: true }),
      ...rest,
      ...(inputs === undefined ? {} : { inputs: inputsFrom(inputs) }),
      ...(bind === undefined ? {} : { bind }),
    } as ProfileOptions,
    formulas: formulas ?? null,
    pythonPath: pythonPath ?? [],
    budgets: limits,
    tolerance: own,
  };
}

type GivenInputs = NonNullable<ConfigModel['inputs']>;
type GivenShape = string | (string | number)[];

function inputsFrom(inputs: GivenInputs): InputsLike {
  const shape = (given: GivenShape): InputLike => (typeof given === 'string' ? parseShape(given) : given);
  if (Array.isArray(inputs)) return inputs.map((given) => (typeof given === 'string' ? namedShape(given) : given));
  return Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, shape(given)]));
}

function located(error: unknown, file: string, where: string): unknown {
  if (!(error instanceof ModelError)) return error;
  return new ModelError(error.code, `${file}, ${where}: ${error.message}`, { hint: error.hint, cause: error });
}

/** The field, what is wrong with it, and what it may have been meant to be. */
function wrong(file: string, issue: z.core.$ZodIssue, value: unknown): ModelError {
  const found = deepest(issue);
  const where = found.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
  const at = where === '' ? file : `${file}, ${where}`;
  if (found.code === 'unrecognized_keys') {
    const [key = ''] = found.keys;
    const known = KNOWN.filter((k) => !(k in ((value as object | null) ?? {})));
    const near = nearest(key, known, 1);
    return new ModelError('argument', `${at} has no field "${key}"`, {
      hint: near.length === 0 ? `known are ${KNOWN.join(', ')}` : `did you mean "${near[0]}"?`,
    });
  }
  const expected = found.code === 'invalid_type' ? `expected ${found.expected}` : found.message;
  return new ModelError('argument', `${at}: ${expected}`, {
    hint: 'docs/check.md shows a whole configuration; schemas/config.json is its JSON schema',
  });
}

/** Of a value that fits none of several forms, what is wrong with the form that it comes nearest to. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flat()
    .map((i) => deepest({ ...i, path: [...issue.path, ...i.path] } as z.core.$ZodIssue))
    .sort((a, b) => b.path.length - a.path.length || rank(a) - rank(b));
  return inner[0] ?? issue;
}

/** A field that is spelled wrong is missing too: the spelling is what helps. */
const rank = (issue: z.core.$ZodIssue): number => (issue.code === 'unrecognized_keys' ? 0 : 1);

const KNOWN: readonly string[] = [
  ...['models', 'baseline', 'tolerance', 'model', 'name', 'inputs', 'bind', 'formulas', 'causal', 'logits', 'inplace'],
  ...['context', 'weights', 'kv', 'pythonPath', 'budgets', 'macs', 'flops', 'params', 'peak', 'cache'],
];
