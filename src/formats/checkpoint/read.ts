import type { Ledger, Note } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { Pickled } from '../../wire/pickle/index.js';
import { isZip } from '../../wire/zip/entry.js';
import { hintsBeside } from '../weights-only/hints.js';
import { ledgerOfWeights, type StoredTensor } from '../weights-only/ledger.js';
import { fileOf, pathOf, shardsAround, shardsOfIndex } from '../weights-only/shards.js';
import { openTorchArchive } from './archive.js';
import { type Chosen, choose } from './choose.js';
import { contentsOf } from './contents.js';
import { readLegacy } from './legacy.js';
import { TensorReader } from './tensors.js';

const FORMAT = 'checkpoint';

interface Opened {
  readonly value: Pickled;
  /** What the pickle was read from. */
  readonly source: Source;
  readonly writer: string;
}

/**
 * The parameters of a file of torch.save, of a set of them or of an index: state dicts, training checkpoints and whole
 * modules, in zips or in the form before 1.6. Pickles are read as data, storages not at all. Throws ModelError, and SourceError if a file of a set is missing.
 */
export function readCheckpoint(source: Source): Ledger {
  const index = /\.json$/i.test(pathOf(source.name));
  const files = index ? shardsOfIndex(source, FORMAT) : shardsAround(source, FORMAT);
  const parts = files.map((file) => ({ file, ...partOf(file) }));
  const counted = index ? [source, ...files] : files;
  const types = parts.length === 1 ? (parts[0]?.chosen.types ?? null) : null;
  const writers = [...new Set(parts.map((p) => p.writer))];
  return ledgerOfWeights({
    format: FORMAT,
    name: source.name,
    producer: [...writers, ...(files.length > 1 ? [`${files.length} files`] : [])].join(', '),
    file: {
      bytes: counted.reduce((n, file) => n + file.size, 0),
      bytesRead: counted.reduce((n, file) => n + file.bytesRead, 0),
    },
    tensors: parts.flatMap(({ chosen }, i) => (parts.length === 1 ? chosen.tensors : apart(chosen.tensors, i))),
    ...(types === null ? {} : { types }),
    hints: () => hintsBeside(source),
    notes: [...setNotes(source, files, index), ...parts.flatMap((p) => p.chosen.notes)],
  });
}

function partOf(file: Source): { readonly chosen: Chosen; readonly writer: string } {
  const { value, source, writer } = open(file);
  const contents = contentsOf(value, new TensorReader(source, FORMAT), FORMAT);
  const chosen = choose(contents);
  if (chosen.tensors.length === 0)
    throw new ModelError('wrong-format', `${fileOf(file)} is a pickle without tensors of a network`, {
      format: FORMAT,
      hint:
        contents.passed.length > 0
          ? `it holds what training keeps (${contents.passed.slice(0, 3).join(', ')}): give the checkpoint of the model`
          : 'save model.state_dict(), or give what torch.export, torch.jit or torch.onnx saves; of scikit-learn and the like export ONNX with skl2onnx',
    });
  return { chosen, writer };
}

function open(file: Source): Opened {
  if (isZip(file.read(0, Math.min(file.size, 4)))) {
    const archive = openTorchArchive(file, FORMAT);
    return { ...archive.pickle('data.pkl'), writer: 'torch.save' };
  }
  const { value, legacy } = readLegacy(file, FORMAT);
  return { value, source: file, writer: legacy ? 'torch.save (before 1.6)' : 'pickle' };
}

/** Storages of different files are different ones, whatever their keys. */
function apart(tensors: readonly StoredTensor[], file: number): StoredTensor[] {
  return tensors.map((t) => (t.memory === undefined ? t : { ...t, memory: `${file} ${t.memory}` }));
}

function setNotes(source: Source, files: readonly Source[], index: boolean): Note[] {
  if (files.length < 2 || index) return [];
  return [
    { code: 'sharded', message: `${fileOf(source)} is one of ${files.length} files of a model; all of them were read` },
  ];
}
