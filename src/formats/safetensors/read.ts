import { type Ledger, NONE, type Note } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import type { Source } from '../../source/index.js';
import type { DType } from '../../tensor/index.js';
import { cutShortNote } from '../weights-only/cut-short.js';
import { hintsBeside } from '../weights-only/hints.js';
import { ledgerOfWeights, type StoredTensor } from '../weights-only/ledger.js';
import { fileOf, pathOf, shardsAround, shardsOfIndex } from '../weights-only/shards.js';
import { type Header, readHeader } from './header.js';

const FORMAT = 'safetensors';
/** Frameworks by the names that writers of such files give them. */
const FRAMEWORKS: Readonly<Record<string, string>> = byName({
  pt: 'PyTorch',
  tf: 'TensorFlow',
  np: 'NumPy',
  flax: 'Flax',
  mlx: 'MLX',
});

/** Bytes of a tensor of extents. */
const MAX_SMALL = 64;
/** The file has tensors in no order of the model's: numbers in names as numbers, so that layer 2 is before layer 10. */
function inNaturalOrder<T extends { readonly name: string }>(tensors: readonly T[]): T[] {
  const order = new Intl.Collator('en', { numeric: true }); // takes its time to make
  return [...tensors].sort((a, b) => order.compare(a.name, b.name));
}

/**
 * The parameters of a safetensors file, of a set of them or of an index. Only headers are read. Throws ModelError, and
 * SourceError where a file of the set is missing.
 */
export function readSafetensors(source: Source): Ledger {
  const index = /\.json$/i.test(pathOf(source.name));
  const files = index ? shardsOfIndex(source, FORMAT) : shardsAround(source, FORMAT);
  const headers = files.map((file) => ({ file, header: readHeader(file) }));
  const tensors = inNaturalOrder(headers.flatMap(({ file, header }) => tensorsOf(header, file)));
  const counted = index ? [source, ...files] : files;
  return ledgerOfWeights({
    format: FORMAT,
    name: source.name,
    producer: producerOf(headers.map((h) => h.header)),
    file: {
      bytes: counted.reduce((n, file) => n + file.size, 0),
      bytesRead: counted.reduce((n, file) => n + file.bytesRead, 0),
    },
    tensors,
    hints: () => hintsBeside(source),
    notes: [...setNotes(source, files), ...headers.flatMap(({ file, header }) => cutShortNote(file, header))],
  });
}

/** The tensors of a file, of a set of them or of an index, and what was read for them. Throws ModelError and SourceError. */
export function tensorsAround(source: Source): { tensors: StoredTensor[]; bytes: number; bytesRead: number } {
  const index = /\.json$/i.test(pathOf(source.name));
  const files = index ? shardsOfIndex(source, FORMAT) : shardsAround(source, FORMAT);
  const tensors = files.flatMap((file) => tensorsOf(readHeader(file), file));
  return {
    tensors,
    bytes: files.reduce((n, file) => n + file.size, 0),
    bytesRead: files.reduce((n, file) => n + file.bytesRead, 0),
  };
}

/** A few extents that a quantiser keeps as a tensor; undefined if the file ends before them. */
function integersAt(file: Source, start: number, end: number, dtype: DType): readonly number[] | undefined {
  if (end > file.size) return undefined;
  const bytes = file.read(start, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = dtype === 'int64';
  return Array.from({ length: bytes.length / (wide ? 8 : 4) }, (_, i) =>
    wide ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true),
  );
}

/** safetensors' own `save_model` drops tied tensors and keeps, in the metadata, the name of the one that stays. */
function tensorsOf({ tensors, metadata, payload }: Header, file: Source): StoredTensor[] {
  const names = new Set(tensors.map((t) => t.name));
  const dropped = new Map<string, string[]>();
  for (const [gone, kept] of Object.entries(metadata)) {
    if (names.has(gone) || !names.has(kept)) continue;
    const others = dropped.get(kept);
    if (others === undefined) dropped.set(kept, [gone]);
    else others.push(gone);
  }
  return tensors.map(({ name, dtype, shape, start, end }): StoredTensor => {
    const aliases = dropped.get(name) ?? NONE;
    if ((dtype !== 'int32' && dtype !== 'int64') || end - start > MAX_SMALL) return { name, dtype, shape, aliases };
    const integers = (): readonly number[] | undefined => integersAt(file, payload + start, payload + end, dtype);
    return { name, dtype, shape, aliases, integers };
  });
}

function producerOf(headers: readonly Header[]): string | null {
  const framework = headers.find((h) => h.metadata['format'] !== undefined)?.metadata['format'];
  const parts = [
    ...(framework === undefined ? [] : [FRAMEWORKS[framework] ?? framework]),
    ...(headers.length > 1 ? [`${headers.length} files`] : []),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

function setNotes(source: Source, files: readonly Source[]): Note[] {
  if (files.length < 2 || /\.json$/i.test(pathOf(source.name))) return [];
  return [
    { code: 'sharded', message: `${fileOf(source)} is one of ${files.length} files of a model; all of them were read` },
  ];
}
