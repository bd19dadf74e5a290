import { type InputsLike, namedShape } from '../api/options.js';
import type { OpenOptions } from '../api/read.js';
import type { PythonOptions } from '../python/program.js';
import { UsageError } from './errors.js';
import { formulasFile } from './formulas.js';
import type { ModelFlags } from './options.js';

/** Whether an input is more than a shape: a list, a dictionary, a number (`n:=3`), a text, None. Python sources take these. */
function isStructured(inputs: readonly string[]): boolean {
  return inputs.some((text) =>
    /^\s*[\w.]*\s*(?::=|=?\s*(?:[[({'"]|(?:None|True|False)\s*$|-?\d+\.\d*\s*$))/.test(text),
  );
}

/** `NAME=SHAPE` and bare shapes, in order: checked, and left as text, which goes to workers and through queues as it is. */
function inputsOf({ input }: ModelFlags, source: boolean): InputsLike | undefined {
  if (input === undefined || (source && isStructured(input))) return undefined;
  for (const text of input) namedShape(text);
  return input;
}

export function pythonFlags(flags: Pick<ModelFlags, 'pythonPath' | 'timeLimit' | 'input'>): PythonOptions {
  return {
    paths: flags.pythonPath ?? [],
    ...(flags.input !== undefined && isStructured(flags.input) ? { given: flags.input } : {}),
    ...(flags.timeLimit === undefined ? {} : { seconds: flags.timeLimit }),
  };
}

const isPythonSource = (model: string): boolean => /\.py(?::|$)/i.test(model);

/** Options of Python, where no model is a source. Throws UsageError. */
export function checkPython(flags: Pick<ModelFlags, 'pythonPath' | 'timeLimit'>, models: readonly string[]): void {
  const flag =
    flags.pythonPath !== undefined ? '--python-path' : flags.timeLimit !== undefined ? '--time-limit' : undefined;
  if (flag !== undefined && !models.some(isPythonSource))
    throw new UsageError(
      `${flag} has no effect: it is for PyTorch sources, and ${models[0] ?? 'this'} is not one`,
      'leave it out',
    );
}

/** Options of the library's `read` for these models. */
export function openOptions(flags: ModelFlags, models: readonly string[]): OpenOptions {
  const inputs = inputsOf(flags, models.some(isPythonSource));
  return {
    ...(inputs === undefined ? {} : { inputs }),
    ...(flags.pythonPath === undefined &&
    flags.timeLimit === undefined &&
    (flags.input === undefined || inputs !== undefined)
      ? {}
      : { python: pythonFlags(flags) }),
    ...(flags.bind === undefined ? {} : { bind: flags.bind }),
    ...(flags.causal === undefined ? {} : { causal: flags.causal }),
    ...(flags.logits === undefined ? {} : { logits: flags.logits }),
    ...(flags.latent === undefined ? {} : { latent: flags.latent }),
    ...(flags.signature === undefined ? {} : { signature: flags.signature }),
    ...(flags.inplace === undefined ? {} : { inplace: flags.inplace }),
    ...(flags.formulas === undefined ? {} : { formulas: formulasFile(flags.formulas) }),
  };
}
