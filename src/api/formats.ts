import { FORMATS as FILE_FORMATS } from '../formats/index.js';
import type { Format, ReadOptions } from '../formats/types.js';
import type { AnyLedger } from '../ledger/index.js';
import { python } from '../python/index.js';
import type { PythonOptions } from '../python/program.js';

/** Options of every reader, PyTorch sources among them. */
export interface AnyReadOptions extends ReadOptions {
  /** For Python sources: which model of the file, and where its imports are. */
  readonly python?: PythonOptions;
}

/** Everything that can be opened: the file formats, and PyTorch sources, which are above them. */
export const FORMATS: readonly Format<AnyLedger | Promise<AnyLedger>>[] = [...FILE_FORMATS, python];

/** The formats that can be read, for people: `{id: 'onnx', title: 'ONNX'}`. */
export const formats: readonly Pick<Format, 'id' | 'title'>[] = FORMATS.map(({ id, title }) => ({ id, title }));
