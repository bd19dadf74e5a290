import { BLANKS, BLANKS_OF_TWO_KINDS } from '../../wire/blanks.js';

/** How a model is spelled, by the first bytes of its file. */
export type Encoding = 'binary' | 'text' | 'json' | 'syntax';

/** Fields that a model in protobuf's text format can begin with. */
const FIRST =
  'ir_version|producer_name|producer_version|model_version|doc_string|opset_import|graph|metadata_props|functions|domain';
const TEXT = new RegExp(String.raw`^${BLANKS}(?:${FIRST})\s*[:{<]`);
/** ONNX's own syntax begins with properties of the model. */
const PROPERTIES =
  'ir_version|producer_name|producer_version|model_version|doc_string|opset_import|domain|metadata_props';
const SYNTAX = new RegExp(String.raw`^${BLANKS_OF_TWO_KINDS}<\s*(?:${PROPERTIES})\s*:`);
const MEMBERS = /"(irVersion|ir_version|opsetImport|opset_import|producerName|producer_name)"\s*:/;

/** As much of a file as tells how it is spelled. */
export const ENCODING_BYTES = 512;

export function encodingOf(head: Uint8Array): Encoding {
  const first = head[0] ?? 0;
  // A binary model begins with a field's key below a space, but for tabs and line ends.
  if (first < 0x20 && first !== 9 && first !== 10 && first !== 13) return 'binary';
  const text = new TextDecoder().decode(head);
  if (/^\s*\{/.test(text) && MEMBERS.test(text)) return 'json';
  if (SYNTAX.test(text)) return 'syntax';
  return TEXT.test(text) ? 'text' : 'binary';
}
