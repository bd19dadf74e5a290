/** Settings of a layer by their numbers: one number, a list of numbers, or a text. */
export class Settings {
  readonly #values: ReadonlyMap<number, number | readonly number[] | string>;

  constructor(values: ReadonlyMap<number, number | readonly number[] | string>) {
    this.#values = values;
  }

  has(id: number): boolean {
    return this.#values.has(id);
  }

  number(id: number, otherwise = 0): number {
    const value = this.#values.get(id);
    if (typeof value === 'number') return value;
    return Array.isArray(value) && value.length === 1 ? (value[0] as number) : otherwise;
  }

  numbers(id: number): readonly number[] {
    const value = this.#values.get(id);
    if (typeof value === 'number') return [value];
    return typeof value === 'string' || value === undefined ? [] : value;
  }

  text(id: number): string {
    const value = this.#values.get(id);
    return typeof value === 'string' ? value : '';
  }
}

/** Files and other programs write extents that nobody set as this. */
export const UNSET = -233;
