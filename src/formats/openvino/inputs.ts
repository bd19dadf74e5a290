import { type Dim, type Range, sym } from '../../dim/index.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { type SettledInputs, settleStated } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { dtypeOf } from './dtype.js';
import type { IrGraph, IrNode } from './ir.js';
import { FORMAT } from './xml.js';

/** The inputs of the network with the caller's shapes in place of the file's. */
export function settleInputs(graph: IrGraph, options: ReadOptions): SettledInputs {
  const stated = graph.parameters.map((node) => ({ name: node.output[0] ?? node.name, type: parameterType(node) }));
  return settleStated(stated, options, FORMAT);
}

/** The type of a parameter; null if its rank is free. */
export function parameterType(node: IrNode): TensorType | null {
  const { data, outputs, precision } = node.layer;
  const written = data['element_type'];
  const dtype: DType = (written === undefined ? outputs[0]?.dtype : dtypeOf(written)) ?? precision ?? 'float32';
  const spelled = data['shape'];
  if (spelled === undefined || spelled === '...') {
    const dims = outputs[0]?.dims;
    return dims == null || (spelled === '...' && dims.length === 0)
      ? null
      : { dtype, shape: dims.map((d, axis) => (d < 0 ? free(node, axis) : d)) };
  }
  const parts = spelled.trim() === '' ? [] : spelled.split(',').map((part) => part.trim());
  return { dtype, shape: parts.map((part, axis) => extentOf(part, node, axis)) };
}

/** `224`, `?`, `-1`, `1..16`, `..16`, `1..`. */
function extentOf(part: string, node: IrNode, axis: number): Dim {
  if (/^\d{1,15}$/.test(part)) return Number(part);
  const [, min = '', max = ''] = /^(\d{0,15})\.\.(\d{0,15})$/.exec(part) ?? [];
  const range: Range = { min: min === '' ? 1 : Number(min), ...(max === '' ? {} : { max: Number(max) }) };
  return free(node, axis, range);
}

/** Inputs of a text go together: their free lengths are one length. */
const TEXT = /^(?:decoder_)?(?:input_ids|attention_mask|token_type_ids|position_ids|inputs_embeds)\b/;
const ENCODED = /^encoder_(?:hidden_states|attention_mask|outputs?|last_hidden_state)\b/;

function free(node: IrNode, axis: number, range?: Range): Dim {
  const name = node.output[0] ?? node.name;
  if (axis === 0) return sym('batch', range);
  if (axis === 1 && ENCODED.test(name)) return sym('encoder_sequence', range);
  const parameters = node.graph.parameters.map((p) => p.name);
  const caches = parameters.some((p) => /past|cache|beam/i.test(p));
  if (axis === 1 && TEXT.test(name) && !(caches && name.startsWith('attention_mask'))) return sym('sequence', range);
  return sym(`${name}_${axis}`, range);
}
