import type { OpenModule } from '../../ledger/index.js';

/** An object that is itself a function, so that `this.conv1(x)` works: a call of it is `called` with the object. */
abstract class Callable {
  constructor(called: (self: never, inputs: readonly unknown[]) => unknown) {
    const self: this = Object.setPrototypeOf(
      (...inputs: readonly unknown[]): unknown => called(self as never, inputs),
      new.target.prototype,
    );
    if (!keepsNames(new.target)) {
      // A function's own `length` and `name` would hide those that a subclass defines, and cannot be assigned to.
      Reflect.deleteProperty(self, 'length');
      Reflect.deleteProperty(self, 'name');
    }
    // biome-ignore lint/correctness/noConstructorReturn: the instance is this function
    return self;
  }
}

/**
 * A module as sessions know it: like a tensor it carries what it is in the session that met it last, since a table of all modules
 * takes longer to fill than the model takes to build.
 */
export abstract class Registered extends Callable {
  /** Number of the session; 0 for none. */
  #session = 0;
  #info: OpenModule | undefined = undefined;

  static infoOf(module: Registered, session: number): OpenModule | undefined {
    return module.#session === session ? module.#info : undefined;
  }
  static become(module: Registered, session: number, info: OpenModule): void {
    module.#session = session;
    module.#info = info;
  }
}

/** Classes that opcount names after those of PyTorch: none has a field that is called `length` or `name`. */
const OWN_CLASSES = /^(torch\.nn|torchvision)\./;

/**
 * Whether the instances of a class keep `length` and `name` of the functions that they are. Where an own property of a function is
 * deleted, V8 keeps all others in a hash table: such a layer takes three times as long to build, and ResNet-50 has 143 of them.
 * A class that defines one of the two has to show its own, and a class of somebody else may do anything.
 */
function keepsNames(cls: object): boolean {
  let keeps = kept.get(cls);
  if (keeps === undefined) {
    const { type, prototype } = cls as { readonly type?: string; readonly prototype: object };
    keeps = Object.hasOwn(cls, 'type') && OWN_CLASSES.test(String(type)) && !('length' in prototype);
    kept.set(cls, keeps);
  }
  return keeps;
}
const kept = new WeakMap<object, boolean>();

/** A field whose name the caller chooses: `length` and `name` too, which a function has already, and then last as any new one. */
export function register(module: object, name: string, value: unknown): void {
  if (name !== 'length' && name !== 'name') (module as Record<string, unknown>)[name] = value;
  else {
    Reflect.deleteProperty(module, name);
    Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
