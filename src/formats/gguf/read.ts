import type { AnyLedger, Note, StoredWeights } from '../../ledger/index.js';
import { traceTensors } from '../../models/language/by-tensors.js';
import { parametersOf, type TraceOptions, traceConfig, traceFolded } from '../../models/language/trace.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { ReadOptions } from '../types.js';
import { cutShortNote } from '../weights-only/cut-short.js';
import { match } from '../weights-only/match.js';
import { roleOfTensor } from '../weights-only/names.js';
import { fileOf, shardsAround } from '../weights-only/shards.js';
import { configOf } from './architectures.js';
import { readHeader, type TensorInfo } from './header.js';

import { GgufFacts } from './metadata.js';

/** The facts of a GGUF file, of all files of a set. Only headers are read. Throws ModelError and SourceError. */
export function readGguf(source: Source, options: ReadOptions = {}): AnyLedger {
  const files = shardsAround(source, 'gguf');
  const headers = files.map((file) => ({ file, header: readHeader(file) }));
  const [first] = headers;
  const tensors = headers.flatMap(({ header }) => header.tensors);
  checkNames(tensors);
  const facts = new GgufFacts((first as (typeof headers)[number]).header.metadata, tensors);
  const built = build(
    facts,
    tensors,
    {
      ...(options.bind === undefined ? {} : { bind: options.bind }),
      ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
      ...(options.logits === undefined ? {} : { logits: options.logits }),
      ...(options.latent === undefined ? {} : { latent: options.latent }),
    },
    options.fold === true ? traceFolded : traceConfig,
  );
  return Object.freeze({
    ...built,
    name: facts.text('general.name') ?? source.name,
    format: 'gguf',
    producer: facts.architecture === '' ? null : `llama.cpp ${facts.architecture.slice(0, 60)}`,
    file: {
      bytes: files.reduce((n, file) => n + file.size, 0),
      bytesRead: files.reduce((n, file) => n + file.bytesRead, 0),
    },
    notes: [
      ...built.notes,
      ...typesNote(tensors),
      ...(files.length > 1
        ? [
            {
              code: 'sharded',
              message: `${fileOf(source)} is one of ${files.length} files of a model; all of them were read`,
            } as const,
          ]
        : []),
      ...headers.flatMap(({ file, header }) => cutShortNote(file, header)),
    ],
  });
}

/** Where more of a description than this is not in the file, the file is of another model. */
const MAX_LACKING = 0.02;

/** The model by its architecture, or if that is not known, or makes no model, by its tensors. */
function build(
  facts: GgufFacts,
  tensors: readonly TensorInfo[],
  options: TraceOptions,
  trace: (config: Readonly<Record<string, unknown>>, options: TraceOptions) => AnyLedger,
): AnyLedger {
  if (facts.text('general.type') === 'adapter')
    throw new ModelError('unsupported', 'the file is an adapter, not a model', {
      format: 'gguf',
      hint: 'give the model that it belongs to',
    });
  const config = configOf(facts);
  let why = `the architecture "${facts.architecture.slice(0, 60)}" is not known`;
  if (config !== null) {
    try {
      const { stored, notes, lacking } = match(
        parametersOf(config),
        tensors.map((t) => ({ ...t, shape: t.dims, dtype: t.type.dtype })),
        roleOfTensor,
      );
      if (lacking <= MAX_LACKING) {
        const ledger = trace(config, { ...options, stored });
        return { ...ledger, notes: [...ledger.notes, ...notes, dtypeNote] };
      }
      why = `${(100 * lacking).toFixed(0)} % of what its metadata describe (${String(config['model_type'])}) is not among its tensors`;
    } catch (error) {
      if (!isModelError(error) || error.code === 'argument') throw error;
      why = `its metadata make no ${String(config['model_type'])} (${error.message})`;
    }
  }
  const by = traceTensors(
    tensors.map((t) => ({ name: t.name, shape: [...t.dims].reverse() })),
    { ...options, expertsUsed: facts.number('expert_used_count') ?? null },
  );
  const stored: StoredWeights = new Map(tensors.map((t) => [t.name, { dtype: t.type.dtype, bytes: t.bytes }]));
  const ledger = by.trace(stored);
  return { ...ledger, notes: [{ code: 'assumed', message: `${why}: ${by.how}` }, ...ledger.notes, ...by.notes] };
}

const dtypeNote: Note = {
  code: 'dtype',
  message:
    'weights in bytes are those of the file; activations and cache are of 16 bits each unless another precision of the cache is chosen',
};

/** Bits a weight, of the types that the tensors have. */
function typesNote(tensors: readonly TensorInfo[]): Note[] {
  const types = new Map<string, { tensors: number; elements: number; bytes: number }>();
  for (const { type, elements, bytes } of tensors) {
    const sum = types.get(type.name) ?? { tensors: 0, elements: 0, bytes: 0 };
    types.set(type.name, { tensors: sum.tensors + 1, elements: sum.elements + elements, bytes: sum.bytes + bytes });
  }
  const elements = tensors.reduce((n, t) => n + t.elements, 0);
  if (elements === 0) return [];
  const bytes = tensors.reduce((n, t) => n + t.bytes, 0);
  const parts = [...types]
    .sort((a, b) => b[1].bytes - a[1].bytes)
    .map(([name, t]) => `${name} ${t.tensors} tensor${t.tensors === 1 ? '' : 's'}, ${bits(t.bytes, t.elements)}`);
  return [
    {
      code: 'quantised-weights',
      message: `${bits(bytes, elements)} bits a weight in all (${bytes} bytes): ${parts.join('; ')}`,
    },
  ];
}

function bits(bytes: number, elements: number): string {
  return String(Number(((8 * bytes) / Math.max(1, elements)).toFixed(4)));
}

function checkNames(tensors: readonly TensorInfo[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name))
      throw new ModelError('malformed', `two files of the set have a tensor ${name.slice(0, 80)}`, {
        format: 'gguf',
        hint: 'the files are not of one model: download them again',
      });
    names.add(name);
  }
}
