import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../src/ledger/index.js';
import { type AnyModule, readModule } from '../../src/torch/nn/index.js';

/** What the tools printed for one model. */
export interface Row {
  readonly input: readonly (readonly number[])[];
  readonly exact?: {
    readonly macs: number;
    readonly params: number;
    readonly trainable: number;
    readonly buffers: number;
  };
  readonly thop?: {
    readonly macs: number;
    readonly params: number;
    readonly per_module: Readonly<Record<string, number>>;
    readonly clever_format?: readonly string[];
  };
  readonly torchstat?: Readonly<Record<string, unknown>> & {
    readonly error?: string;
    readonly per_module?: Readonly<Record<string, unknown>>;
  };
}

export function oracle(file: string): Readonly<Record<string, Row>> {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/oracle', file), 'utf8'));
}

export function ledgerOf(model: AnyModule, row: Row, dtype?: 'int64'): Ledger {
  return readModule(
    model,
    row.input.map((shape) => ({ shape, ...(dtype === undefined ? {} : { dtype }) })),
  );
}
