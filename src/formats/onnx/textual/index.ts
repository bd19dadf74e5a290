import { byName } from '../../../source/by-name.js';
import { derived } from '../../../source/derived.js';
import { ModelError } from '../../../source/errors.js';
import type { Source } from '../../../source/source.js';
import { checkJson } from '../../../wire/json.js';
import { encodeTree, type Spelling } from '../../../wire/prototext/encode.js';
import { parseText } from '../../../wire/prototext/parse.js';
import { dtypeNumber } from '../dtype.js';
import { MODEL } from '../fields.js';
import { ATTRIBUTE_TYPE } from '../schema.js';
import { parseJson } from './json.js';
import { parseOnnxText } from './onnx-text.js';

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
  const parse = { json: parseJson, syntax: parseOnnxText, text: (written: string) => parseText(written, 'onnx') }[
    spelling
  ];
  const bytes = encodeTree(parse(text), MODEL, SPELLING);
  return derived(source, { size: bytes.length, read: (start, end) => bytes.subarray(start, end) });
}

const SPELLING: Spelling = {
  format: 'onnx',
  runs: byName({
    floatData: 'float',
    int32Data: 'int32',
    int64Data: 'int64',
    doubleData: 'double',
    uint64Data: 'uint64',
  }),
  enumerated,
};

/** Names of enumerations: data types, kinds of attributes, places of data. */
function enumerated(text: string): number | undefined {
  if (Object.hasOwn(ATTRIBUTE_TYPE, text) && /^(TENSOR|GRAPH|SPARSE|TYPE|INTS?$|FLOATS|STRINGS)/.test(text))
    return ATTRIBUTE_TYPE[text as keyof typeof ATTRIBUTE_TYPE];
  if (text === 'EXTERNAL') return 1;
  if (text === 'DEFAULT' || text === 'UNDEFINED') return 0;
  // FLOAT and STRING name both a data type and a kind of attribute; FLOAT is 1 in both.
  return dtypeNumber(text) || undefined;
}
