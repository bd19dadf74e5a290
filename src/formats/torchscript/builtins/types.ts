import type { Datum } from '../data.js';
import type { Interpreter } from '../interpreter.js';

/** A function of the language on values that are no tensors, or that asks a tensor for what is no tensor. */
export type Builtin = (m: Interpreter, args: readonly Datum[], named: ReadonlyMap<string, Datum>) => Datum;
