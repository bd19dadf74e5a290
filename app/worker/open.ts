import {
  blobSource,
  builtinModels,
  type InputsLike,
  isModelError,
  type Ledger,
  type OpenOptions,
  read,
  type Source,
  xhrSource,
} from 'opcount';
import { applyUserFormulas, freeSymbols } from 'opcount/ledger';
import { failureOf } from './failure.js';
import type { Failure, Origin, Progress, Request } from './protocol.js';
import { type OpenSandbox, pageConfinement, startPython } from './python.js';

/** A ledger, with the dimensions that were left free on the way. */
export interface Read {
  readonly ledger: Ledger;
  readonly freed: Readonly<Record<string, number>>;
  readonly refused: Failure | null;
}

type Extents = Readonly<Record<string, readonly string[]>>;
type Tell = (progress: Progress) => void;

/** Opens a model, and leaves its batch and image size free where it has a say in them. */
export async function openModel(
  request: Extract<Request, { kind: 'open' }>,
  tell: Tell,
  sandbox: OpenSandbox,
): Promise<Read> {
  const read =
    request.origin.kind === 'builtin'
      ? await openBuiltin(request.origin.name, request.inputs)
      : await openSource(request, request.origin, tell, sandbox);
  return request.origin.kind === 'builtin' ? { ...read, ledger: applyUserFormulas(read.ledger, request.given) } : read;
}

/** A built-in model with its batch and image size free; with its own image size where the architecture needs that one. */
export async function openBuiltin(name: string, inputs: Extents): Promise<Read> {
  if (Object.keys(inputs).length > 0)
    return { ledger: await read(name, { inputs: shaped(inputs) }), freed: {}, refused: null };
  const own = (await builtinModels()).find((model) => model.name === name)?.inputs ?? [];
  const [only] = own;
  if (own.length === 1 && only !== undefined) {
    const tries =
      only.length === 4
        ? [
            ['batch', only[1], 'height', 'width'],
            ['batch', ...only.slice(1)],
          ]
        : [['steps', 'batch', ...only.slice(2)]];
    for (const shape of tries) {
      const freed = await readFreed(name, only, shape as (string | number)[]);
      if (freed !== null) return freed;
    }
  }
  return { ledger: await read(name), freed: {}, refused: null };
}

/** The model on an input of that shape, with the numbers that its names stand for; null where it does not take it. */
async function readFreed(
  name: string,
  own: readonly (string | number)[],
  shape: (string | number)[],
): Promise<Read | null> {
  try {
    const ledger = await read(name, { inputs: [shape] });
    const free = new Set(freeSymbols(ledger));
    const freed: Record<string, number> = {};
    for (const [axis, extent] of shape.entries())
      if (typeof extent === 'string' && free.has(extent)) freed[extent] = own[axis] as number;
    return { ledger, freed, refused: null };
  } catch (error) {
    if (isModelError(error)) return null;
    throw error;
  }
}

async function openSource(
  { inputs, given, base }: Extract<Request, { kind: 'open' }>,
  origin: Exclude<Origin, { kind: 'builtin' | 'saved' }>,
  tell: Tell,
  sandbox: OpenSandbox,
): Promise<Read> {
  const name = origin.kind === 'url' ? (origin.name ?? fileName(origin.url)) : fileName(origin.main);
  const open = async (extents: Extents): Promise<Ledger> => {
    const source = watched(sourceOf(origin), tell);
    return read(source, {
      name,
      formulas: given,
      ...(Object.keys(extents).length === 0 ? {} : { inputs: shaped(extents) }),
      ...(/\.py$/i.test(name) ? { python: pythonFor(origin, base, tell, sandbox) } : {}),
    });
  };
  if (Object.keys(inputs).length === 0) return { ledger: await open({}), freed: {}, refused: null };
  try {
    return { ledger: await open(inputs), freed: {}, refused: null };
  } catch (error) {
    if (!isModelError(error)) throw error;
    // The file does not work at this size: say so beside the model as it is.
    return { ledger: await open({}), freed: {}, refused: failureOf(error) };
  }
}

function pythonFor(origin: Origin, base: string, tell: Tell, sandbox: OpenSandbox): NonNullable<OpenOptions['python']> {
  startPython(base, sandbox, tell); // while the reader of sources is loaded
  return {
    ...(origin.kind === 'files' && origin.target !== undefined ? { target: origin.target } : {}),
    confinement: async () => pageConfinement(base, sandbox, tell),
  };
}

function shaped(inputs: Extents): InputsLike {
  const own = (extents: readonly string[]): (string | number)[] =>
    extents.map((e) => (/^\d+$/.test(e) ? Number(e) : e));
  const keys = Object.keys(inputs);
  if (keys.every((key) => key.startsWith('#'))) return keys.map((key) => own(inputs[key] ?? []));
  return Object.fromEntries(Object.entries(inputs).map(([name, extents]) => [name, own(extents)]));
}

export function sourceOf(origin: Exclude<Origin, { kind: 'builtin' | 'saved' }>): Source {
  if (origin.kind === 'url') return xhrSource(origin.url);
  const files = new Map(origin.files.map(({ path, file }) => [path, file]));
  const main = files.get(origin.main);
  if (main === undefined) throw new Error(`${origin.main} is not among the files`);
  const folder = origin.main.slice(0, origin.main.lastIndexOf('/') + 1);
  return blobSource(main, {
    name: fileName(origin.main),
    siblings: (path) => files.get(folder + path) ?? files.get(path),
  });
}

function fileName(path: string): string {
  const plain = path.replace(/[?#].*$/, '');
  const last = plain.slice(plain.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last) || plain;
  } catch {
    return last;
  }
}

/** Tells now and then how much was read; the reader itself is synchronous. */
function watched(source: Source, tell: Tell): Source {
  let last = 0;
  return {
    get name() {
      return source.name;
    },
    get size() {
      return source.size;
    },
    get bytesRead() {
      return source.bytesRead;
    },
    get requests() {
      return source.requests;
    },
    read(start, end) {
      const bytes = source.read(start, end);
      const now = performance.now();
      if (now - last > 80) {
        last = now;
        tell({ stage: 'reading', read: source.bytesRead, size: source.size });
      }
      return bytes;
    },
    sibling: (path) => source.sibling?.(path),
  };
}
