import type { OpenModule } from '../../ledger/index.js';
import type { Attr } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { type DType, parseDType, type TensorType } from '../../tensor/index.js';
import { calledAlike, kindOf } from './alike.js';
import { spelt } from './argument.js';
import { Buffer, Parameter } from './parameter.js';
import { Registered, register } from './registered.js';
import { type Session, session } from './session.js';
import { Tensor } from './tensor.js';

/** Modules that a stranger's description may ask for: each takes its memory before the first operator runs. */
const MOST_DESCRIBED = 20_000;
let room = Number.POSITIVE_INFINITY;

/** Builds a model whose counts of layers come from a file. Throws ModelError if they ask for more than any model has. */
export function described<T>(build: () => T): T {
  const before = room;
  room = MOST_DESCRIBED;
  try {
    return build();
  } finally {
    room = before;
  }
}

/** Any module, whatever it takes and gives. */
export type AnyModule = Module<never, unknown>;

export interface Module<I extends readonly unknown[] = [Tensor], O = Tensor> {
  /** Calls the module: `forward`, recorded under the module's name. */
  // biome-ignore lint/style/useShorthandFunctionType: it is one with the class of its name
  (...inputs: I): O;
}

/**
 * Base of all layers and models, as `torch.nn.Module`: fields that hold modules, parameters or buffers are registered in
 * the order in which they are assigned, `forward` says what is computed, and the instance itself is called.
 *
 * ```ts
 * class Net extends nn.Module {
 *   fc = new nn.Linear(784, 10);
 *   forward(x: Tensor) { return this.fc(F.relu(x)); }
 * }
 * ```
 * `I` and `O` are what `forward` takes and gives where that is not one tensor.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: this is how an instance of a class gets a call signature
export abstract class Module<I extends readonly unknown[] = [Tensor], O = Tensor> extends Registered {
  /**
   * `torch.nn.Conv2d` for the framework's own layers, set on the class itself; a subclass that does not set its own is
   * known by its class name, since tools that match types exactly do not see it as its base.
   */
  static readonly type?: string;

  /** Of the module as it was built: see `modeOfNew`. */
  declare training: boolean;

  constructor() {
    if (--room < 0)
      throw new ModelError('limit', `the description asks for more than ${MOST_DESCRIBED} modules`, {
        hint: 'no real model has so many: look for a count of layers or blocks that is too large',
      });
    super(invoke);
  }

  abstract forward(...inputs: I): O;

  /** Arguments that describe the layer, in PyTorch's words; shown in reports. */
  describe(): Readonly<Record<string, Attr>> {
    return {};
  }

  add_module(name: string, module: AnyModule): void {
    register(this, name, module);
  }

  register_buffer(name: string, buffer: Buffer | null): void {
    if (buffer !== null) register(this, name, buffer);
  }

  /** Direct children, in order of registration, a shared one under each of its names. */
  named_children(): [string, AnyModule][] {
    const found: [string, AnyModule][] = [];
    // Without a pair for each plain field: models are walked often.
    for (const name of Object.keys(this)) {
      const value = (this as unknown as Readonly<Record<string, unknown>>)[name];
      if (isModule(value)) found.push([name, value]);
    }
    return found;
  }

  /** This module and all below, without repeats, with its path. */
  named_modules(prefix = '', seen: Set<AnyModule> = new Set()): [string, AnyModule][] {
    if (seen.has(this as unknown as AnyModule)) return [];
    seen.add(this as unknown as AnyModule);
    const found: [string, AnyModule][] = [[prefix, this as unknown as AnyModule]];
    for (const [name, child] of this.named_children())
      for (const below of child.named_modules(prefix === '' ? name : `${prefix}.${name}`, seen)) found.push(below);
    return found;
  }

  modules(): AnyModule[] {
    return this.named_modules().map(([, m]) => m);
  }

  children(): AnyModule[] {
    return Object.values(this).filter(isModule);
  }

  /** Parameters of this module and all below, without repeats. */
  parameters(): Parameter[] {
    return [
      ...new Set(this.modules().flatMap((m) => Object.values(m).filter((v): v is Parameter => v instanceof Parameter))),
    ];
  }

  /** Applies `fn` to every module, children first. */
  apply(fn: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this as unknown as AnyModule);
    return this;
  }

  train(mode = true): this {
    for (const m of this.modules()) m.training = mode;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  requires_grad_(requires = true): this {
    for (const p of this.parameters()) p.requires_grad = requires;
    return this;
  }

  /** All floating-point parameters and buffers in another dtype. */
  to(dtype: DType | string): this {
    const target = parseDType(dtype);
    for (const m of this.modules())
      for (const v of Object.values(m))
        if ((v instanceof Parameter || v instanceof Buffer) && v.dtype.includes('float'))
          (v as { type: Tensor['type'] }).type = { ...v.type, dtype: target };
    return this;
  }
  half(): this {
    return this.to('float16');
  }
}

// In PyTorch a module is made for training, and told where it is to be evaluated. On the prototype, so that a run in one mode is
// one assignment and not one in each module.
Object.defineProperty(Module.prototype, 'training', { value: true, writable: true });

/** Sets the mode of all modules that were never told one, and says what it was. */
export function modeOfNew(training: boolean): boolean {
  const before = Module.prototype.training;
  Module.prototype.training = training;
  return before;
}

export function isModule(value: unknown): value is AnyModule {
  return typeof value === 'function' && value instanceof Module;
}

/** The name by which conventions know a module's class. */
export function typeOf(module: AnyModule): string {
  return typeOfClass(module.constructor as typeof Module);
}

/** The names of a module's class and its bases, below Module. */
export function classHierarchyOf(module: AnyModule): readonly string[] {
  const names: string[] = [];
  let cls = module.constructor as typeof Module;
  for (; cls !== Module && typeof cls === 'function'; cls = Object.getPrototypeOf(cls) as typeof Module)
    names.push(typeOfClass(cls));
  return names;
}

function typeOfClass(cls: typeof Module): string {
  return Object.hasOwn(cls, 'type') && cls.type !== undefined ? cls.type : cls.name || 'Module';
}

/** A call of a module: within a profile it is recorded, under the module's path. */
function invoke(module: Module<readonly unknown[], unknown>, inputs: readonly unknown[]): unknown {
  const s = session();
  if (s === null) return calledAlone(module, inputs);
  const info = s.moduleOf(module);
  if (info === undefined)
    throw new ModelError(
      'argument',
      `a ${typeOf(module as unknown as AnyModule)} is called that is not a field of the model`,
      {
        format: 'nn',
        hint: 'assign it to a field of a module (or a ModuleList) in the constructor, so that its parameters are known',
      },
    );
  const kind = kindOf(module);
  return kind === undefined ? recorded(s, info, module, inputs) : calledOfKind(s, kind, info, module, inputs);
}

/** Apart from other calls, which need no closure. */
function calledOfKind(
  s: Session,
  kind: object,
  info: OpenModule,
  module: Module<readonly unknown[], unknown>,
  inputs: readonly unknown[],
): unknown {
  return calledAlike(s, kind, info, inputs, () => recorded(s, info, module, inputs));
}

/** A call outside of a profile: what breaks on an argument that is no tensor is told by the argument. */
function calledAlone<I extends readonly unknown[], O>(module: Module<I, O>, inputs: I): O {
  if (typeof module.forward !== 'function')
    throw new ModelError('argument', `a ${typeOf(module as unknown as AnyModule)} is called, which has no forward`, {
      format: 'nn',
      hint: 'give the class a method forward(x)',
    });
  try {
    return module.forward(...inputs);
  } catch (error) {
    const strangers = inputs.length === 0 ? [undefined] : inputs.filter((x) => tensorsIn(x).length === 0);
    const few = inputs.length < module.forward.length;
    if (!(error instanceof TypeError) || (strangers.length === 0 && !few)) throw error;
    const what =
      strangers.length > 0
        ? strangers.map(spelt).join(' and ')
        : `${inputs.length} of ${module.forward.length} tensors`;
    throw new ModelError('argument', `${typeOf(module as unknown as AnyModule)} was called with ${what}`, {
      format: 'nn',
      hint: 'a layer takes tensors, as forward is handed them; shapes are for profile(model, { inputs: [[1, 3, 224, 224]] })',
      cause: error,
    });
  }
}

function recorded(
  { trace }: Session,
  info: OpenModule,
  module: Module<readonly unknown[], unknown>,
  inputs: readonly unknown[],
): unknown {
  // Nearly all modules take one tensor: no list is spread for them.
  const single = inputs.length === 1;
  trace.enter(info, info.path, typesIn(single ? inputs[0] : inputs));
  const out = single ? module.forward(inputs[0]) : module.forward(...inputs);
  trace.exit(typesIn(out));
  return out;
}

/** Tensors in nested arrays and plain objects, in order. */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Tensor[]): void {
  if (value instanceof Tensor) found.push(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) collect(item, found);
}

/** The types of the tensors in a value. */
function typesIn(value: unknown): TensorType[] {
  return value instanceof Tensor ? [value.type] : tensorsIn(value).map((t) => t.type);
}
