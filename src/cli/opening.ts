import { type InputsLike, namedShape } from '../api/options.js';
import type { OpenOptions } from '../api/read.js';
import type { PythonOptions } from '../python/program.js';
import { formulasFile } from './formulas.js';
import type { ModelFlags } from './options.js';

/** Whether an input is more than a shape: a list, a dictionary, a number (`n:=3`), a text, None. Python sources take these. */
function isStructured(inputs: readonly string[]): boolean {
  return inputs.some((text) =>
    /^\s*[\w.]*\s*(?::=|=?\s*(?:[[({'"]|(?:None|True|False)\s*$|-?\d+\.\d*\s*$))/.test(text),
  );
}

/** `NAME=SHAPE` and bare shapes, in order: checked, and left as text, which goes to workers and through queues as it is. */
export function inputsOf(flags: ModelFlags): InputsLike | undefined {
  if (flags.input === undefined || isStructured(flags.input)) return undefined;
  for (const text of flags.input) namedShape(text);
  return flags.input;
}

export function pythonFlags(flags: Pick<ModelFlags, 'pythonPath' | 'timeLimit' | 'input'>): PythonOptions {
  return {
    paths: flags.pythonPath ?? [],
    ...(flags.input !== undefined && isStructured(flags.input) ? { given: flags.input } : {}),
    ...(flags.timeLimit === undefined ? {} : { seconds: flags.timeLimit }),
  };
}

/** What `read` of the library takes. */
export function openOptions(flags: ModelFlags): OpenOptions {
  const inputs = inputsOf(flags);
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
