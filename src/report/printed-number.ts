/** A number as somebody wrote it down. */
export interface QuotedNumber {
  readonly text: string;
  /** As written: 4.1 of `4.1G`. */
  readonly digits: number;
  readonly decimals: number;
  /** Factors of its unit: one if the unit is clear, else each that it may mean. */
  readonly scales: readonly number[];
  /** Whole digits without a prefix: nothing was rounded away. */
  readonly whole: bigint | null;
  readonly of: 'params' | 'compute' | 'any';
}

/** A number that a tool has for the model. */
export interface Printed {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** As the tool calls it; `params` for parameters. */
  readonly name: string;
  readonly unit: 'mac' | 'flop' | 'parameter';
  readonly value: bigint;
}
