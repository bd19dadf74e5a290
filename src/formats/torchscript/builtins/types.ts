import type { ScriptValue } from '../data.js';
import type { Interpreter } from '../interpreter.js';

/** A function of the language on values other than tensors, or whose result is not a tensor. */
export type Builtin = (
  m: Interpreter,
  args: readonly ScriptValue[],
  named: ReadonlyMap<string, ScriptValue>,
) => ScriptValue;
