import { ModelError } from '../../source/errors.js';
import { iterableIn, optionsIn } from './argument.js';
import { type AnyModule, isModule, Module } from './module.js';
import { Parameter } from './parameter.js';
import { register } from './registered.js';
import type { Tensor } from './tensor.js';

/** Modules applied one after the other, as `torch.nn.Sequential`: given in order, or by name in an object. */
export class Sequential extends Module<[Tensor], Tensor> {
  static override readonly type: string = 'torch.nn.Sequential';
  readonly [index: number]: AnyModule;

  constructor(...modules: readonly AnyModule[] | [Readonly<Record<string, AnyModule>>]) {
    super();
    const [first] = modules;
    const entries =
      modules.length === 1 && first !== undefined && !isModule(first)
        ? Object.entries(optionsIn(first as Record<string, AnyModule>))
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

  [Symbol.iterator](): IterableIterator<AnyModule> {
    return this.children()[Symbol.iterator]();
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
  readonly [index: number]: M;

  constructor(modules: Iterable<M> = []) {
    super();
    let i = 0;
    for (const module of iterableIn('ModuleList', modules)) this.add_module(String(i++), module);
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

  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
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
    for (const [name, module] of Object.entries(optionsIn(modules))) this.add_module(name, module);
  }

  get(name: string): M {
    const found = this.named_children().find(([n]) => n === name)?.[1];
    if (found === undefined) throw new ModelError('argument', `ModuleDict has no "${name}"`, { format: 'nn' });
    return found as M;
  }

  has(name: string): boolean {
    return this.named_children().some(([n]) => n === name);
  }

  keys(): string[] {
    return this.named_children().map(([name]) => name);
  }

  values(): M[] {
    return this.children() as M[];
  }

  items(): [string, M][] {
    return this.named_children() as [string, AnyModule][] as [string, M][];
  }

  [Symbol.iterator](): IterableIterator<[string, M]> {
    return this.items()[Symbol.iterator]();
  }

  forward(): never {
    throw new ModelError('argument', 'a ModuleDict is not called; call its modules', { format: 'nn' });
  }
}

/** Parameters in a row, as `torch.nn.ParameterList`. */
export class ParameterList extends Module<never, never> {
  static override readonly type: string = 'torch.nn.ParameterList';
  readonly [index: number]: Parameter;

  constructor(parameters: Iterable<Parameter> = []) {
    super();
    for (const parameter of iterableIn('ParameterList', parameters)) this.append(parameter);
  }

  override get length(): number {
    return own(this).length;
  }

  at(i: number): Parameter {
    const found = own(this).at(i)?.[1];
    if (found === undefined)
      throw new ModelError('argument', `ParameterList of ${this.length} has none at ${i}`, { format: 'nn' });
    return found;
  }

  append(parameter: Parameter): this {
    (this as unknown as Record<string, Parameter>)[String(this.length)] = parameter;
    return this;
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return own(this)
      .map(([, parameter]) => parameter)
      [Symbol.iterator]();
  }

  forward(): never {
    throw new ModelError('argument', 'a ParameterList is not called', { format: 'nn' });
  }
}

/** Parameters by name, as `torch.nn.ParameterDict`. */
export class ParameterDict extends Module<never, never> {
  static override readonly type: string = 'torch.nn.ParameterDict';

  constructor(parameters: Readonly<Record<string, Parameter>> = {}) {
    super();
    for (const [name, parameter] of Object.entries(optionsIn(parameters))) register(this, name, parameter);
  }

  get(name: string): Parameter {
    const found = own(this).find(([n]) => n === name)?.[1];
    if (found === undefined) throw new ModelError('argument', `ParameterDict has no "${name}"`, { format: 'nn' });
    return found;
  }

  keys(): string[] {
    return own(this).map(([name]) => name);
  }

  items(): [string, Parameter][] {
    return own(this);
  }

  [Symbol.iterator](): IterableIterator<[string, Parameter]> {
    return own(this)[Symbol.iterator]();
  }

  forward(): never {
    throw new ModelError('argument', 'a ParameterDict is not called', { format: 'nn' });
  }
}

/** A module's own parameters, by name. */
function own(module: object): [string, Parameter][] {
  return Object.entries(module).filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter);
}
