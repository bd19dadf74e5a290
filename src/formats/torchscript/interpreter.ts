import type { Dim, Range } from '../../dim/index.js';
import type { NoteCode, Trace } from '../../ledger/index.js';
import type { Expression, Statement } from './code/ast.js';
import type { Callable, Instance, Scope, ScriptValue } from './data.js';
import type { Heap } from './heap.js';
import type { Library } from './library.js';
import type { Budget } from './limits.js';

/** How a block of statements ended: at its end, or by leaving it. */
export type Outcome =
  | { readonly kind: 'end' | 'break' | 'continue' }
  | { readonly kind: 'return'; readonly value: ScriptValue };

/** The machine that runs an archive's code, as the parts of the language see it: `Machine`. */
export interface Interpreter {
  readonly trace: Trace;
  readonly library: Library;
  readonly heap: Heap;
  readonly budget: Budget;
  /** Tensors and objects of constants.pkl, `CONSTANTS.c0` and on. */
  readonly constants: readonly ScriptValue[];
  /** The line of the statement that runs. */
  line: number;
  /** `code/__torch__/net.py:12`. */
  readonly place: string;
  /** A name that no other free dimension has. */
  freshName(what: string): string;
  /** A new free number of such a name, or what the caller binds it to. */
  symbol(what: string, range: Range): Dim;
  /** A note, once for each place and code. */
  note(code: NoteCode, message: string): void;
  /** Calls a method; `forward` of a module is a call of the module. */
  method(
    self: Instance,
    name: string,
    args: readonly ScriptValue[],
    named: ReadonlyMap<string, ScriptValue>,
  ): ScriptValue;
  /** Calls a value that is not a method: a function of the archive or of the language, a class, a nested function. */
  apply(callee: Callable, args: readonly ScriptValue[], named: ReadonlyMap<string, ScriptValue>): ScriptValue;
  evaluate(e: Expression, scope: Scope): ScriptValue;
  block(statements: readonly Statement[], scope: Scope): Outcome;
  bind(name: string, value: ScriptValue, scope: Scope): void;
}
