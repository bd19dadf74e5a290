import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnType, LAYER_COLUMNS, MODEL_COLUMNS } from '../../scan/rows.js';
import { UsageError } from '../errors.js';
import { filesOf, rowsIn, type Table } from './store.js';

const COLUMNS: Readonly<Record<Table, Readonly<Record<string, ColumnType>>>> = {
  models: MODEL_COLUMNS,
  layers: LAYER_COLUMNS,
};

/**
 * All parts of a scan as `models.parquet` and `layers.parquet`. A model that two processes did, because one of them was
 * taken for dead, is there once. Returns the number of models. Throws UsageError if there is nothing to merge.
 */
export async function mergeScan(folder: string): Promise<number> {
  const files = existsSync(folder) ? filesOf(folder, 'models') : [];
  if (files.length === 0)
    throw new UsageError(`${folder} has no tables of a scan`, 'opcount scan models/ -o out writes them');
  // Which part's rows of a model are taken: the first that has it whole.
  const owner = new Map<string, string>();
  for (const file of files)
    for (const row of rowsIn(file)) {
      const id = String(row['id']);
      if (!owner.has(id)) owner.set(id, partOf(file));
    }
  for (const table of ['models', 'layers'] as const) await writeTable(folder, table, owner);
  return owner.size;
}

const partOf = (file: string): string => file.replace(/^.*(?:models|layers)-/, '');

async function writeTable(folder: string, table: Table, owner: ReadonlyMap<string, string>): Promise<void> {
  const { fileWriter, parquetWriteRows } = await import('hyparquet-writer');
  const columns = Object.entries(COLUMNS[table]);
  const final = join(folder, `${table}.parquet`);
  // Under its own name only when it is whole.
  const writer = fileWriter(`${final}.part`);
  await parquetWriteRows({
    writer,
    columns: columns.map(([name, type]) => ({ name, type, nullable: true })),
    rows: rowsOf(folder, table, owner, columns),
    rowGroupSize: 10_000,
  });
  renameSync(`${final}.part`, final);
}

function* rowsOf(
  folder: string,
  table: Table,
  owner: ReadonlyMap<string, string>,
  columns: readonly (readonly [string, ColumnType])[],
): Generator<Record<string, unknown>> {
  const written = new Set<string>();
  for (const file of filesOf(folder, table))
    for (const row of rowsIn(file)) {
      const id = String(row['id']);
      // Layers of a model that was never finished, or that another part has.
      if (owner.get(id) !== partOf(file)) continue;
      const key = table === 'models' ? id : `${id} ${String(row['type'])} ${String(row['operator'])}`;
      if (written.has(key)) continue;
      written.add(key);
      yield Object.fromEntries(columns.map(([name, type]) => [name, typed(row[name], type)]));
    }
}

function typed(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'INT64') return BigInt(value as string | number);
  return type === 'DOUBLE' ? Number(value) : String(value);
}
