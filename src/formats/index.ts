// Comes in: a Source. Goes out: the format that claims its first bytes, whose reader makes a Ledger of it.
// Add here: a folder (index.ts detects, read.ts reads, operators/ has its operators) and an entry in FORMATS. A format with a
// graph runs on graph/; one that holds weights alone uses weights-only/.
import { ModelError } from '../source/errors.js';
import type { Source } from '../source/index.js';
import { windowed } from '../source/window.js';
import { readDirectory } from '../wire/zip/directory.js';
import { isZip } from '../wire/zip/entry.js';
import { caffe } from './caffe/index.js';
import { checkpoint } from './checkpoint/index.js';
import { coreml } from './coreml/index.js';
import { darknet } from './darknet/index.js';
import { executorch } from './executorch/index.js';
import { gguf } from './gguf/index.js';
import { keras } from './keras/index.js';
import { mnn } from './mnn/index.js';
import { ncnn } from './ncnn/index.js';
import { onnx } from './onnx/index.js';
import { openvino } from './openvino/index.js';
import { ort } from './ort/index.js';
import { paddle } from './paddle/index.js';
import { pt2 } from './pt2/index.js';
import { safetensors } from './safetensors/index.js';
import { tensorflow } from './tensorflow/index.js';
import { tfjs } from './tfjs/index.js';
import { tflite } from './tflite/index.js';
import { torchscript } from './torchscript/index.js';
import { transformers } from './transformers/index.js';
import type { Format } from './types.js';
import { describeUnsupported } from './unread/index.js';
import { yolo } from './yolo/index.js';

export type { Format, InputOverride, ReadOptions } from './types.js';

/** Every format; adding one is a folder and an entry here. */
export const FORMATS: readonly Format[] = [
  onnx,
  ort,
  openvino,
  coreml,
  executorch,
  pt2,
  torchscript,
  tflite,
  ncnn,
  darknet,
  caffe,
  paddle,
  mnn,
  keras,
  tensorflow,
  tfjs,
  checkpoint,
  safetensors,
  gguf,
  transformers,
  yolo,
];

/** First bytes of a file, by which every format is detected. */
export const HEAD_BYTES = 4096;

/** Names in an archive: several formats are zips, and only its directory tells them apart. */
function namesIn(source: Source): string[] {
  return readDirectory({ source: windowed(source), format: null }).map((entry) => entry.name);
}

/**
 * The format of a file, by its first bytes before its name. Throws ModelError `wrong-format` if none claims it, with
 * what the file seems to be.
 */
export function detectFormat(source: Source): Format;
export function detectFormat<F extends Format<unknown>>(source: Source, formats: readonly F[]): F;
export function detectFormat(source: Source, formats: readonly Format<unknown>[] = FORMATS): Format<unknown> {
  const head = source.read(0, Math.min(source.size, HEAD_BYTES));
  const names = isZip(head) ? namesIn(source) : null;
  const votes = formats.map((format) => ({
    format,
    vote: names === null ? format.detect(head, source.name) : (format.archived?.(names, source.name) ?? 'no'),
  }));
  const found = votes.find((v) => v.vote === 'certain') ?? votes.find((v) => v.vote === 'likely');
  if (found !== undefined) return found.format;
  const known = `opcount reads ${formats.map((f) => f.title).join(', ')}`;
  if (source.size === 0)
    throw new ModelError('wrong-format', `${source.name} is empty`, {
      at: { offset: 0 },
      hint: 'export or download it again',
    });
  const other = describeUnsupported(head, source.name);
  if (other !== null)
    throw new ModelError(
      other.noModel === true ? 'wrong-format' : 'unsupported',
      `${source.name} is ${other.what}${other.noModel === true ? '' : ', which opcount does not read'}`,
      { at: { offset: 0 }, hint: other.instead },
    );
  throw new ModelError('wrong-format', `${source.name} is in no format that opcount knows`, {
    at: { offset: 0 },
    hint: `${known}; \`opcount models\` lists what it has built in`,
  });
}
