import type { Scalar, Tree } from '../../wire/prototext/encode.js';

/** A message of the file, text or binary, with what is left out as Caffe has it by default. */
export class Fields {
  readonly #fields: Tree['fields'];

  constructor(tree: Tree | null) {
    this.#fields = tree?.fields ?? [];
  }

  has(name: string): boolean {
    return this.#fields.some(([key]) => key === name);
  }

  /** Messages of a name, in order. */
  list(name: string): Fields[] {
    const found: Fields[] = [];
    for (const [key, value] of this.#fields) if (key === name && 'fields' in value) found.push(new Fields(value));
    return found;
  }

  /** The last message of a name, as protobuf merges them; one without fields if there is none. */
  message(name: string): Fields {
    return this.list(name).at(-1) ?? new Fields(null);
  }

  texts(name: string): string[] {
    return this.#scalars(name).map(textOf);
  }

  text(name: string, otherwise = ''): string {
    return this.texts(name).at(-1) ?? otherwise;
  }

  numbers(name: string): number[] {
    return this.texts(name)
      .map((text) => Number(text.replace(/f$/i, '')))
      .filter((number) => !Number.isNaN(number));
  }

  number(name: string, otherwise = 0): number {
    return this.numbers(name).at(-1) ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    const text = this.texts(name).at(-1);
    return text === undefined ? otherwise : text === 'true' || text === '1' || text === 't';
  }

  /** A name of an enumeration, or its number: text has the one, binary the other. */
  oneOf<T extends string>(name: string, names: readonly T[], otherwise: T): T | null {
    const text = this.texts(name).at(-1);
    if (text === undefined) return otherwise;
    return names.find((own, i) => own === text || String(i) === text) ?? null;
  }

  /** The same under other names. */
  renamed(names: Readonly<Record<string, string>>): Tree {
    return { fields: this.#fields.map(([key, value]) => [names[key] ?? key, value] as const) };
  }

  #scalars(name: string): Scalar[] {
    const found: Scalar[] = [];
    for (const [key, value] of this.#fields) if (key === name && !('fields' in value)) found.push(value);
    return found;
  }
}

function textOf(scalar: Scalar): string {
  return 'text' in scalar ? scalar.text : new TextDecoder().decode(scalar.bytes);
}
