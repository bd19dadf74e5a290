import { type Dim, type Range, substitute, sym } from '../../dim/index.js';
import { ModelRaised } from '../../graph/errors.js';
import type { NoteCode, OpenModule, Trace } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import { call as callBuiltin } from './builtins/index.js';
import type { Expression, FunctionCode, Statement } from './code/ast.js';
import { branch, forLoop, whileLoop } from './control.js';
import {
  type Callable,
  type Instance,
  isKind,
  list,
  type Scope,
  type ScriptValue,
  scopeIn,
  tensorsIn,
  tuple,
} from './data.js';
import { located, malformed, raisedAt } from './errors.js';
import { evaluate } from './evaluate.js';
import { Heap } from './heap.js';
import type { Interpreter, Outcome } from './interpreter.js';
import { unpack } from './items.js';
import type { Library } from './library.js';
import { Budget } from './limits.js';
import { packedMethod } from './quantized.js';
import { truth } from './truth.js';

/** Notes of one model: what is said a hundred times is not read. */
const NOTES_LIMIT = 50;
const END: Outcome = { kind: 'end' };
/** Methods that are calls of the module itself; a traced module that is called again has forward1, forward2, … */
const FORWARD = /^forward(?:_{0,2}\d+)?$/;

/**
 * Runs the code of an archive over tensors without data, and records in the trace what its operators do. It computes sizes,
 * follows control flow and calls modules; it knows nothing of what operators cost.
 */
export class Machine implements Interpreter {
  readonly trace: Trace;
  readonly library: Library;
  readonly heap: Heap;
  readonly budget: Budget;
  /** Tensors and objects of constants.pkl, `CONSTANTS.c0` and on. */
  readonly constants: readonly ScriptValue[];
  readonly #bindings: ReadonlyMap<string, Dim>;
  /** Bindings of symbols that the code makes. */
  readonly bound = new Set<string>();
  /** Names of free dimensions that were made for what depends on data. */
  #fresh = 0;
  /** The statement that runs. */
  file = '';
  line = 0;

  constructor(
    trace: Trace,
    library: Library,
    constants: readonly ScriptValue[],
    bindings: ReadonlyMap<string, Dim> = new Map(),
  ) {
    this.#bindings = bindings;
    this.trace = trace;
    this.library = library;
    this.constants = constants;
    this.budget = new Budget(trace);
    this.heap = new Heap(this.budget);
  }

  /** `code/__torch__/net.py:12`. */
  get place(): string {
    return `${this.file}:${this.line}`;
  }

  /** A name that no other free dimension has. */
  freshName(what: string): string {
    return `${what}${this.#fresh++}`;
  }

  symbol(what: string, range: Range): Dim {
    const name = this.freshName(what);
    if (this.#bindings.has(name)) this.bound.add(name);
    return substitute(sym(name, range), this.#bindings);
  }

  /** A note, once for each place and code. */
  note(code: NoteCode, message: string): void {
    const { notes } = this.trace;
    const field = this.place;
    if (notes.length >= NOTES_LIMIT || notes.some((n) => n.code === code && n.at?.field === field)) return;
    this.trace.note({ code, message, at: { field } });
  }

  /** Calls a method; `forward` of a module is a call of the module. */
  method(
    self: Instance,
    name: string,
    args: readonly ScriptValue[],
    named: ReadonlyMap<string, ScriptValue>,
  ): ScriptValue {
    const method = self.type.methods.get(name);
    if (method === undefined) {
      const result = packedMethod(self, name);
      if (result !== undefined) return result;
      throw malformed(`${self.className} has no method ${name}`);
    }
    const { module } = self;
    const run = (): ScriptValue => this.call(method, [self, ...args], named);
    if (module === null || !FORWARD.test(name) || this.#within(module)) return run();
    this.budget.walks([...args, ...named.values()]);
    this.trace.enter(module, module.path, typesOf([...args, ...named.values()]));
    const result = run();
    this.budget.walks([result]);
    this.trace.exit(typesOf([result]));
    return result;
  }

  /** Whether a call of the module is open: then its method is called by itself. */
  #within(module: OpenModule): boolean {
    return this.trace.scope.module === module;
  }

  /** Calls a function of the archive. Throws ModelRaised if it raises. */
  call(
    code: FunctionCode,
    args: readonly ScriptValue[],
    named: ReadonlyMap<string, ScriptValue> = new Map(),
    outer: Scope | null = null,
  ): ScriptValue {
    return this.budget.nested(() => {
      const scope = scopeIn(outer);
      if (args.length > code.parameters.length)
        throw malformed(`${code.name} takes ${code.parameters.length} arguments, ${args.length} are given`);
      for (const [i, parameter] of code.parameters.entries()) {
        const given = args[i] ?? named.get(parameter.name);
        if (i < args.length) scope.names.set(parameter.name, args[i] as ScriptValue);
        else if (named.has(parameter.name)) scope.names.set(parameter.name, given ?? null);
        else if (parameter.value !== null)
          scope.names.set(parameter.name, this.evaluate(parameter.value, scopeIn(null)));
        else throw malformed(`${code.name} needs an argument ${parameter.name}`);
      }
      const before = [this.file, this.line] as const;
      this.file = code.file;
      try {
        const outcome = this.block(code.body, scope);
        return outcome.kind === 'return' ? outcome.value : null;
      } finally {
        [this.file, this.line] = before;
      }
    });
  }

  /** Calls a value that is not a method: a function of the archive or of the language, a class, a function within a function. */
  apply(callee: Callable, args: readonly ScriptValue[], named: ReadonlyMap<string, ScriptValue>): ScriptValue {
    if (callee.kind === 'closure') return this.call(callee.function, args, named, callee.scope);
    if (!callee.name.startsWith('__torch__.')) return callBuiltin(this, callee.name, args, named);
    const code = this.library.function(callee.name);
    if (code !== undefined) return this.call(code, args, named);
    const type = this.library.class(callee.name);
    if (type === undefined) {
      if (callee.name.endsWith('.__new__')) return this.#object(callee.name.slice(0, -'.__new__'.length));
      throw malformed(`the archive has no ${callee.name}`);
    }
    if (type.base === 'NamedTuple') {
      const fields = [...type.attributes.keys()];
      return tuple(
        fields.map((field, i) => {
          const constant = type.constants.get(field);
          return (
            args[i] ?? named.get(field) ?? (constant === undefined ? null : this.evaluate(constant, scopeIn(null)))
          );
        }),
        fields,
      );
    }
    const object = this.#object(callee.name);
    if (type.methods.has('__init__')) this.method(object, '__init__', args, named);
    return object;
  }

  #object(className: string): Instance {
    const type = this.library.class(className);
    if (type === undefined) throw malformed(`the archive has no class ${className}`);
    return { kind: 'object', type, className, fields: new Map(), module: null };
  }

  evaluate(e: Expression, scope: Scope): ScriptValue {
    return evaluate(this, e, scope);
  }

  block(statements: readonly Statement[], scope: Scope): Outcome {
    for (const statement of statements) {
      this.budget.step();
      this.line = statement.line;
      try {
        const outcome = this.#statement(statement, scope);
        if (outcome.kind !== 'end') return outcome;
      } catch (error) {
        // An error that the code raises may be caught, by a branch that is tried.
        if (error instanceof ModelRaised) throw raisedAt(error, this.file, statement.line, this.trace);
        throw located(error, this.file, statement.line, this.trace);
      }
    }
    return END;
  }

  #statement(s: Statement, scope: Scope): Outcome {
    switch (s.kind) {
      case 'pass':
        return END;
      case 'break':
      case 'continue':
        return { kind: s.kind };
      case 'expression':
        this.evaluate(s.value, scope);
        return END;
      case 'assign':
        this.#assign(s.targets, s.apart, this.evaluate(s.value, scope), scope);
        return END;
      case 'return':
        return { kind: 'return', value: s.value === null ? null : this.evaluate(s.value, scope) };
      case 'raise':
        throw new ModelRaised(s.value === null ? 'an exception' : messageOf(this.evaluate(s.value, scope)));
      case 'if': {
        const test = truth(this.evaluate(s.test, scope));
        if (test !== undefined) return this.block(test ? s.then : s.otherwise, scope);
        return branch(this, s, scope);
      }
      case 'for':
        return forLoop(this, s, scope);
      case 'while':
        return whileLoop(this, s, scope);
      case 'with':
        return this.#with(s, scope);
      case 'function':
        this.bind(s.function.name, { kind: 'closure', function: s.function, scope }, scope);
        return END;
    }
  }

  /** Contexts that count nothing (`torch.no_grad()`): what is in them runs. */
  #with(s: Extract<Statement, { kind: 'with' }>, scope: Scope): Outcome {
    const context = this.evaluate(s.value, scope);
    if (s.as !== null) this.bind(s.as, context, scope);
    return this.block(s.body, scope);
  }

  bind(name: string, value: ScriptValue, scope: Scope): void {
    this.heap.touch(scope);
    scope.names.set(name, value);
  }

  #assign(targets: readonly Expression[], apart: boolean, value: ScriptValue, scope: Scope): void {
    if (targets.length === 1 && !apart) {
      this.#put(targets[0] as Expression, value, scope);
      return;
    }
    const unknown = isKind(value, 'tensor') && value.value.type === null;
    const items = unknown ? targets.map(() => value) : unpack(value);
    if (items === null) throw malformed('cannot unpack a non-sequence');
    if (items.length !== targets.length)
      throw new ModelRaised(`${items.length} values are taken apart into ${targets.length}`);
    for (const [i, target] of targets.entries()) this.#put(target, items[i] as ScriptValue, scope);
  }

  #put(target: Expression, value: ScriptValue, scope: Scope): void {
    if (target.kind === 'name') this.bind(target.name, value, scope);
    else if (target.kind === 'attribute') {
      const object = this.evaluate(target.of, scope);
      if (!isKind(object, 'object')) throw malformed('cannot set an attribute on this value');
      this.heap.touch(object);
      object.fields.set(target.name, value);
    } else throw malformed('cannot assign to this expression');
  }
}

function typesOf(values: readonly ScriptValue[]): (TensorType | null)[] {
  return tensorsIn(list([...values])).map((t) => t.value.type);
}

function messageOf(value: ScriptValue): string {
  return typeof value === 'string' ? value : 'an exception';
}
