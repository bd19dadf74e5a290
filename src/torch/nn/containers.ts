import { ModelError } from '../../source/errors.js';
import { type AnyModule, isModule, Module } from './module.js';
import type { Tensor } from './tensor.js';

/** Modules applied one after the other, as `torch.nn.Sequential`: given in order, or by name in an object. */
export class Sequential extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Sequential';

  constructor(...modules: readonly AnyModule[] | [Readonly<Record<string, AnyModule>>]) {
    super();
    const [first] = modules;
    const entries =
      modules.length === 1 && first !== undefined && !isModule(first)
        ? Object.entries(first as Record<string, AnyModule>)
        : modules.map((m, i) => [String(i), m] as const);
    for (const [name, module] of entries) this.add_module(name, module as AnyModule);
  }

  override get length(): number {
    return this.children().length;
  }

  /** The i-th module; negative counts from the end. */
  at(i: number): AnyModule {
    const found = this.children().at(i);
    if (found === undefined)
      throw new ModelError('argument', `Sequential of ${this.length} modules has none at ${i}`, { format: 'nn' });
    return found;
  }

  append(module: AnyModule): this {
    this.add_module(String(this.length), module);
    return this;
  }

  forward(x: Tensor): Tensor {
    let out = x;
    for (const module of this.children()) out = (module as unknown as Module)(out);
    return out;
  }
}

/** A list of modules that the parent calls itself, as `torch.nn.ModuleList`. */
export class ModuleList<M extends AnyModule = Module> extends Module<never, never> {
  static override readonly type: string = 'torch.nn.ModuleList';

  constructor(modules: Iterable<M> = []) {
    super();
    let i = 0;
    for (const module of modules) this.add_module(String(i++), module);
  }

  override get length(): number {
    return this.children().length;
  }

  at(i: number): M {
    const found = this.children().at(i);
    if (found === undefined)
      throw new ModelError('argument', `ModuleList of ${this.length} modules has none at ${i}`, { format: 'nn' });
    return found as M;
  }

  append(module: M): this {
    this.add_module(String(this.length), module);
    return this;
  }

  [Symbol.iterator](): IterableIterator<M> {
    return (this.children() as M[])[Symbol.iterator]();
  }

  forward(): never {
    throw new ModelError('argument', 'a ModuleList is not called; call its modules', { format: 'nn' });
  }
}

/** Modules by name that the parent calls itself, as `torch.nn.ModuleDict`. */
export class ModuleDict<M extends AnyModule = Module> extends Module<never, never> {
  static override readonly type: string = 'torch.nn.ModuleDict';

  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [name, module] of Object.entries(modules)) this.add_module(name, module);
  }

  get(name: string): M {
    const found = this.named_children().find(([n]) => n === name)?.[1];
    if (found === undefined) throw new ModelError('argument', `ModuleDict has no "${name}"`, { format: 'nn' });
    return found as M;
  }

  forward(): never {
    throw new ModelError('argument', 'a ModuleDict is not called; call its modules', { format: 'nn' });
  }
}
