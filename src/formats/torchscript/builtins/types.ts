import type { Datum } from '../data.js';
import type { Machine } from '../machine.js';

/** A function of the language on values that are no tensors, or that asks a tensor for what is no tensor. */
export type Builtin = (m: Machine, args: readonly Datum[], named: ReadonlyMap<string, Datum>) => Datum;
