import type { Arena, Note, Placed } from '../../ledger/index.js';
import { bytesOf } from '../../tensor/index.js';
import type { StatedInput } from '../settle.js';
import type { SubGraph, TfliteFile } from './schema.js';

/** The name under which a file keeps the plan that TensorFlow Lite Micro follows (its docs/memory_management.md). */
const PLAN = 'OfflineMemoryAllocation';
/** A version, a subgraph or their number, how many offsets follow: each of 4 bytes. */
const HEAD = 3;
/** The offset of a tensor that is given its place when the model is loaded. */
const AT_LOAD = -1;
/** Where the runtime has tensors begin. */
const ALIGNMENT = 16;
/** Names that a note lists. */
const MAX_NAMED = 3;

export interface PlanInFile {
  /** Absent where the file has no plan, or one that cannot be followed. */
  readonly arena?: Arena;
  readonly notes: readonly Note[];
}

/** A tensor with the offset that the plan has for it. */
interface Entry {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Why a plan cannot be followed: what is wrong with it. */
class Unusable extends Error {}

/**
 * The memory that a plan in the file takes at the file's own sizes; where `inputs` have others, a note says so. A plan that
 * does not fit the file is told in a note too: the model is read all the same.
 */
export function planIn(file: TfliteFile, inputs: readonly StatedInput[]): PlanInFile {
  const buffers = file.metadata.filter(({ name }) => name === PLAN).map(({ buffer }) => buffer);
  if (buffers.length === 0) return { notes: [] };
  try {
    const offsets = new Map(buffers.flatMap((buffer) => offsetsIn(file, buffer)));
    const entries = [...offsets].flatMap(([graph, own]) => entriesOf(file, graph, own));
    return { arena: arenaOf(entries), notes: [...unaligned(entries), ...otherSizes(file.subgraphs[0], inputs)] };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const message = `the file's plan of memory (${PLAN}) is not used: ${error.message}`;
    return { notes: [{ code: 'plan-unusable', message }] };
  }
}

/** The offsets of each subgraph that a buffer speaks of: of all, one behind the other, or of the one it names. */
function offsetsIn(file: TfliteFile, buffer: number): [SubGraph, readonly number[]][] {
  const place = file.contents(buffer);
  const words = Math.floor((place?.length ?? 0) / 4);
  if (place === null || words < HEAD) throw new Unusable(`its buffer ${buffer} has no ${HEAD} numbers`);
  const read = (from: number, count: number): number[] => {
    const bytes = file.source.read(place.start + 4 * from, place.start + 4 * (from + count));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  };
  const [, which = 0, count = 0] = read(0, HEAD);
  const own = file.subgraphs[which];
  const all = file.subgraphs.reduce((n, { tensors }) => n + tensors.length, 0);
  const graphs = count === all ? file.subgraphs : own?.tensors.length === count ? [own] : null;
  if (graphs === null) throw new Unusable(`it has ${count} offsets, and the file ${all} tensors`);
  if (words < HEAD + count) throw new Unusable(`it says ${count} offsets and holds ${words - HEAD}`);
  let at = HEAD;
  return graphs.map((graph) => {
    const offsets = read(at, graph.tensors.length);
    at += offsets.length;
    return [graph, offsets];
  });
}

/** The plan's entries of tensors that take room in the arena: neither what is stored nor what is kept between runs does. */
function entriesOf(file: TfliteFile, graph: SubGraph, offsets: readonly number[]): Entry[] {
  const used = new Set([
    ...[...graph.inputs, ...graph.outputs].map((i) => graph.names[i]),
    ...graph.nodes.flatMap(({ input, output }) => [...input, ...output]),
  ]);
  return graph.tensors.flatMap((tensor, i) => {
    const [name, offset] = [graph.names[i] as string, offsets[i] as number];
    const { dtype, shape } = tensor;
    // Beyond 2^53 it is no exact number, and is refused below.
    const bytes = dtype === null ? 0 : Number(bytesOf({ dtype, shape }));
    if (bytes === 0 || tensor.variable || file.contents(tensor.buffer) !== null) return [];
    if (offset === AT_LOAD) return used.has(name) ? [{ name, offset, bytes }] : [];
    if (offset < 0) throw new Unusable(`it places ${name} at ${offset}`);
    if (!Number.isSafeInteger(offset + bytes)) throw new Unusable(`${name} has more bytes than any memory`);
    return [{ name, offset, bytes }];
  });
}

function arenaOf(entries: readonly Entry[]): Arena {
  const placed = entries.filter(({ offset }) => offset !== AT_LOAD);
  let last: Placed | null = null;
  for (const entry of placed) if (last === null || entry.offset + entry.bytes > last.offset + last.bytes) last = entry;
  return {
    bytes: last === null ? 0 : last.offset + last.bytes,
    last: last?.name ?? null,
    placed,
    atLoad: entries.filter(({ offset }) => offset === AT_LOAD).map(({ name }) => name),
  };
}

function otherSizes(main: SubGraph | undefined, inputs: readonly StatedInput[]): Note[] {
  const own = main?.inputs.map((i) => main.tensors[i]?.shape.join('x'));
  if (inputs.every(({ type }, i) => type === null || type.shape.join('x') === own?.[i])) return [];
  const message = "the file's plan of memory is for the sizes in the file, and the model is read at others";
  return [{ code: 'plan-of-other-sizes', message }];
}

/** Kernels may need aligned data, and nothing at run time moves what a plan has placed. */
function unaligned(entries: readonly Entry[]): Note[] {
  const off = entries.filter(({ offset }) => offset !== AT_LOAD && offset % ALIGNMENT !== 0);
  if (off.length === 0) return [];
  const named = off.slice(0, MAX_NAMED).map(({ name, offset }) => `${name} at ${offset}`);
  const more = off.length > MAX_NAMED ? ` and ${off.length - MAX_NAMED} more` : '';
  return [
    {
      code: 'plan-unaligned',
      message: `the file's plan of memory has tensors begin beside multiples of ${ALIGNMENT} bytes: ${named.join(', ')}${more}`,
    },
  ];
}
