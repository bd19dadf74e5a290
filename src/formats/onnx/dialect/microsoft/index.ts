import { byName } from '../../../../source/by-name.js';
import type { Dialect } from '../../node.js';
import { attentions } from './attention.js';
import { fused } from './fused.js';
import { experts } from './moe.js';
import { norms } from './norms.js';
import { others } from './others.js';
import { quantized } from './quantized.js';

export { blocked } from './fused.js';
export { simplified } from './norms.js';

/**
 * Operators of ONNX Runtime, which its optimizer, its quantizer and exporters of language models write:
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export const microsoft: Dialect = byName({ ...fused, ...norms, ...attentions, ...experts, ...quantized, ...others });
