import { FIXED32, FIXED64, type Int64, LENGTH, VARINT } from './cursor.js';

// The tables that say what protobuf's messages hold, and what the decoder makes of a table before it reads by it.

/** Bytes that were left unread. */
export interface Payload {
  readonly offset: number;
  readonly length: number;
  /** The bytes themselves where they are few: a shape or an axis is not worth coming back for. */
  readonly bytes?: Uint8Array;
}

/**
 * Values of a repeated field, left unread: 'runs' of numbers, 'texts' of anything length-delimited. Packed: only the
 * values, end to end. Otherwise the fields as they are, each with its key, one after the other.
 */
export interface Run extends Payload {
  readonly packed: boolean;
}

/** Text, or where it is when it is longer than `TEXT_LIMIT`: attributes can carry whole compiled programs. */
export type Text = string | Payload;

type Single<V> = [V] extends [string]
  ? { readonly kind: 'string' }
  : [V] extends [boolean]
    ? { readonly kind: 'bool' }
    : [V] extends [number]
      ? { readonly kind: 'int32' | 'float' | 'double' }
      : [V] extends [Int64]
        ? { readonly kind: 'int64' | 'uint64' }
        : [V] extends [Text]
          ? { readonly kind: 'text' | 'payload' }
          : { readonly kind: 'message'; readonly of: () => Message<V> };

type Entry<V> = { readonly at: number } & ([V] extends [readonly Run[]]
  ? { readonly kind: 'runs' | 'texts'; readonly repeated?: never }
  : [V] extends [readonly (infer E)[]]
    ? { readonly repeated: true } & Single<E>
    : { readonly repeated?: never } & Single<V>);

/**
 * The table of a message: for each property of T its field number and kind. A property that T has as optional is absent
 * from the object when the file does not have it (`optional: true`); others get protobuf's default.
 */
export interface Message<T> {
  readonly name: string;
  /** Whether a file has the same one again and again: short ones of equal bytes are then one object. */
  readonly repeats?: true;
  /**
   * The message before its fields are read, for one that files have by the hundred thousand: objects of one literal have one
   * layout and room for all their properties, which copies of a template made from the table do not.
   */
  readonly empty?: () => T;
  readonly fields: {
    readonly [K in keyof T]-?: Entry<Exclude<T[K], undefined>> &
      (object extends Pick<T, K> ? { readonly optional: true } : { readonly optional?: never });
  };
}

type Kind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'float'
  | 'double'
  | 'int64'
  | 'uint64'
  | 'text'
  | 'payload'
  | 'message'
  | 'runs'
  | 'texts';

export interface Step {
  readonly name: string;
  /** `NodeProto.attribute`, for errors. */
  readonly label: string;
  readonly kind: Kind;
  readonly wire: number;
  readonly repeated: boolean;
  readonly unread: boolean;
  readonly of: (() => Message<unknown>) | undefined;
  /** `of`, compiled at first use: messages may contain each other. */
  compiled: Compiled | undefined;
}

export interface Compiled {
  readonly name: string;
  readonly repeats: boolean;
  readonly empty: () => Record<string, unknown>;
  readonly steps: readonly (Step | undefined)[];
}

const WIRE_OF: Readonly<Record<Kind, number>> = {
  string: LENGTH,
  text: LENGTH,
  payload: LENGTH,
  message: LENGTH,
  runs: LENGTH,
  texts: LENGTH,
  bool: VARINT,
  int32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  float: FIXED32,
  double: FIXED64,
};

const DEFAULTS: Readonly<Partial<Record<Kind, unknown>>> = {
  string: '',
  text: '',
  bool: false,
  int32: 0,
  int64: 0,
  uint64: 0,
  float: 0,
  double: 0,
};
/** Shared by all objects whose list is empty: most are. */
const NONE: readonly never[] = Object.freeze([]);

const compiledTypes = new WeakMap<object, Compiled>();

export function compile(type: Message<unknown>): Compiled {
  const known = compiledTypes.get(type);
  if (known !== undefined) return known;
  const template: Record<string, unknown> = {};
  const steps: (Step | undefined)[] = [];
  for (const [name, entry] of Object.entries(type.fields)) {
    const field = entry as { at: number; kind: Kind; repeated?: true; optional?: true; of?: () => Message<unknown> };
    const unread = field.kind === 'runs' || field.kind === 'texts';
    const list = field.repeated === true || unread;
    if (field.optional !== true) {
      const initial = list ? NONE : DEFAULTS[field.kind];
      if (initial === undefined) throw new TypeError(`${type.name}.${name} has no default: make it optional`);
      template[name] = initial;
    }
    if (steps[field.at] !== undefined) throw new TypeError(`${type.name} has two fields ${field.at}`);
    steps[field.at] = {
      name,
      label: `${type.name}.${name}`,
      kind: field.kind,
      wire: WIRE_OF[field.kind],
      repeated: field.repeated === true,
      unread,
      of: field.of,
      compiled: undefined,
    };
  }
  const compiled: Compiled = {
    name: type.name,
    repeats: type.repeats === true,
    empty: (type.empty as Compiled['empty'] | undefined) ?? (() => ({ ...template })),
    steps,
  };
  compiledTypes.set(type, compiled);
  return compiled;
}
