/**
 * TorchScript as its archives keep it: what PyTorch prints of a compiled or traced module, a small part of Python. Types
 * (`Optional[List[int]]`) are written as expressions and kept as such.
 * https://docs.pytorch.org/docs/stable/jit_language_reference.html
 */
export type Expression =
  | { readonly kind: 'constant'; readonly value: null | boolean | string | number | bigint; readonly float: boolean }
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string; readonly line: number }
  | { readonly kind: 'item'; readonly of: Expression; readonly at: Expression; readonly line: number }
  | {
      readonly kind: 'slice';
      readonly of: Expression;
      readonly start: Expression | null;
      readonly end: Expression | null;
      readonly line: number;
    }
  | {
      readonly kind: 'call';
      readonly callee: Expression;
      readonly args: readonly Expression[];
      readonly named: readonly Named[];
      readonly line: number;
    }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'negative'; readonly of: Expression; readonly line: number };

export interface Named {
  readonly name: string;
  readonly value: Expression;
}

export type Statement =
  | {
      readonly kind: 'assign';
      /** Several where the value is taken apart. */
      readonly targets: readonly Expression[];
      /** `a, = x` takes apart a list of one. */
      readonly apart: boolean;
      readonly value: Expression;
      readonly line: number;
    }
  | { readonly kind: 'expression'; readonly value: Expression; readonly line: number }
  | { readonly kind: 'return' | 'raise'; readonly value: Expression | null; readonly line: number }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly line: number;
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly over: Expression;
      readonly body: readonly Statement[];
      readonly line: number;
    }
  | { readonly kind: 'while'; readonly test: Expression; readonly body: readonly Statement[]; readonly line: number }
  | {
      readonly kind: 'with';
      readonly value: Expression;
      readonly as: string | null;
      readonly body: readonly Statement[];
      readonly line: number;
    }
  /** A function within a function: what a fork runs. It sees the names around it. */
  | { readonly kind: 'function'; readonly function: FunctionCode; readonly line: number }
  | { readonly kind: 'pass' | 'break' | 'continue'; readonly line: number };

export interface Parameter {
  readonly name: string;
  readonly type: Expression | null;
  readonly value: Expression | null;
}

export interface FunctionCode {
  readonly kind: 'function';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: Expression | null;
  readonly body: readonly Statement[];
  /** `code/__torch__/torchvision/models/resnet.py`. */
  readonly file: string;
  readonly line: number;
}

export interface ClassCode {
  readonly kind: 'class';
  readonly name: string;
  /** `Module`, `NamedTuple`, `Interface`, `Enum`; empty for a class of TorchScript's own. */
  readonly base: string;
  readonly parameters: ReadonlySet<string>;
  readonly buffers: ReadonlySet<string>;
  /** Types of attributes, in order. */
  readonly attributes: ReadonlyMap<string, Expression>;
  /** `Final` constants, defaults of a NamedTuple's fields, members of an Enum. */
  readonly constants: ReadonlyMap<string, Expression>;
  readonly methods: ReadonlyMap<string, FunctionCode>;
  readonly file: string;
  readonly line: number;
}
