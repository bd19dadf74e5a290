import { ModelError } from '../../../source/errors.js';
import type { Source } from '../../../source/source.js';
import { checkJson } from '../../../wire/json.js';
import { encodeModel } from './encode.js';
import { parseJson } from './json.js';
import { parseOnnxText } from './onnx-text.js';
import { parseText } from './prototext.js';

/** Weights as text take ten times their bytes: a text beyond this holds weights, and no memory should. */
const MAX_TEXT = 1 << 29;

/** A model that is spelled as text, as the bytes of its binary form; files beside it stay beside it. */
export function binaryOf(source: Source, spelling: 'text' | 'json' | 'syntax'): Source {
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_TEXT}`, {
      format: 'onnx',
      hint: 'write the model as .onnx, or its weights into a file of their own',
    });
  const written = source.read(0, source.size);
  if (spelling === 'json') checkJson(written, { name: source.name, format: 'onnx' });
  const text = new TextDecoder().decode(written);
  const parse = { json: parseJson, syntax: parseOnnxText, text: parseText }[spelling];
  const bytes = encodeModel(parse(text));
  return {
    name: source.name,
    size: bytes.length,
    get bytesRead() {
      return source.bytesRead;
    },
    get requests() {
      return source.requests;
    },
    read: (start, end) => bytes.subarray(start, end),
    sibling: (path) => source.sibling(path),
  };
}
