import { byName } from '../../source/by-name.js';
import { type Instance, isInt, isKind, list, type ScriptValue, type Tensor, tensorsIn, tuple } from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { native } from './native.js';
import { operator } from './operators.js';

/**
 * Operators on quantised tensors (https://docs.pytorch.org/docs/stable/quantization-support.html). Their weights are packed
 * into objects of C++ that keep a layer's arguments; the products are those of the layer itself, on integers.
 */
export function quantized(m: Interpreter, name: string, args: readonly ScriptValue[]): ScriptValue | undefined {
  const packing = /^(linear|conv(?:_transpose)?[123]d)_prepack(?:_fp16)?$/.exec(name);
  if (packing !== null) return pack(packing[1] as string, args);
  if (/^(?:linear|conv\w*)_unpack(?:_fp16)?$/.test(name)) return unpacked(args[0]);
  const layer = /^(linear|conv(?:_transpose)?[123]d)(_relu)?(?:_dynamic)?(?:_fp16)?$/.exec(name);
  if (layer !== null) return applied(m, layer[1] as string, layer[2] !== undefined, name, args);
  const plain = /^(add|mul|cat)(?:_scalar)?(_relu)?$/.exec(name);
  if (plain !== null) {
    // Behind the operands of `add` and `mul`, and the axis of `cat`, stand scale and zero point.
    const y = operator(m, plain[1] as string, args.slice(0, 2), new Map(), `quantized::${name}`);
    return plain[2] === undefined ? y : operator(m, 'relu', [y], new Map());
  }
  return undefined;
}

/** Quantised operators that are among the plain ones. */
export function quantizeCall(m: Interpreter, name: string, args: readonly ScriptValue[]): ScriptValue | undefined {
  const [x = null, second = null, params = null, ...more] = args;
  switch (name) {
    case 'quantize_per_tensor':
    case 'quantize_per_tensor_dynamic':
      return operator(
        m,
        'quantized_decomposed.quantize_per_tensor',
        [x, 1, 0, 0, 0, args.at(name.endsWith('dynamic') ? 1 : 3) ?? null],
        new Map(),
        `aten::${name}`,
      );
    case 'dequantize':
      return operator(
        m,
        'quantized_decomposed.dequantize_per_tensor',
        [x, 1, 0, 0, 0, 6],
        new Map(),
        'aten::dequantize',
      );
    case 'quantized_lstm':
    case 'quantized_gru': {
      const weights = isKind(params, 'list') ? params.items.flatMap(cellWeights) : [];
      return operator(
        m,
        name.slice('quantized_'.length),
        [x, second, list(weights), ...more],
        new Map(),
        `aten::${name}`,
      );
    }
    default:
      return undefined;
  }
}

/** Methods of objects of C++. */
export function packedMethod(self: Instance, name: string): ScriptValue | undefined {
  return name === 'unpack' ? unpacked(self) : undefined;
}

const OPTIONS: Readonly<Record<string, readonly string[]>> = byName({
  linear: [],
  conv: ['stride', 'padding', 'dilation', 'groups'],
  conv_transpose: ['stride', 'padding', 'output_padding', 'dilation', 'groups'],
});

function pack(layer: string, [weight = null, bias = null, ...options]: readonly ScriptValue[]): Instance {
  const names = OPTIONS[layer.replace(/[123]d$/, '')] ?? [];
  const fields = new Map<string, ScriptValue>([
    ['weight', weight],
    ['bias', bias],
  ]);
  for (const [i, option] of names.entries()) fields.set(option, options[i] ?? null);
  const className = `__torch__.torch.classes.quantized.${layer}`;
  return { kind: 'object', type: native(className), className, fields, module: null };
}

function unpacked(packed: ScriptValue | undefined): ScriptValue {
  const { weight, bias } = partsOf(packed);
  return tuple([weight, bias]);
}

/** Weight, bias and arguments of a packed layer, however it came to be: by the archive's code, or as it was pickled. */
function partsOf(packed: ScriptValue | undefined): {
  readonly weight: ScriptValue;
  readonly bias: ScriptValue;
  readonly option: (name: string) => ScriptValue;
} {
  if (!isKind(packed, 'object')) throw malformed('a packed weight was expected');
  const option = (name: string): ScriptValue => packed.fields.get(name) ?? null;
  if (packed.fields.has('weight')) return { weight: option('weight'), bias: option('bias'), option };
  const [weight = null, bias = null] = tensorsIn(option('__state__'));
  return { weight, bias, option };
}

function applied(
  m: Interpreter,
  layer: string,
  relu: boolean,
  name: string,
  [x = null, packed]: readonly ScriptValue[],
): ScriptValue {
  const { weight, bias, option } = partsOf(packed);
  const order =
    layer === 'linear'
      ? []
      : layer.startsWith('conv_transpose')
        ? ['stride', 'padding', 'output_padding', 'groups', 'dilation']
        : ['stride', 'padding', 'dilation', 'groups'];
  const y = operator(m, layer, [x, weight, bias, ...order.map(option)], new Map(), `quantized::${name}`);
  return relu ? operator(m, 'relu', [y], new Map()) : y;
}

/** The two matrices and two biases of one direction of one layer. */
function cellWeights(cell: ScriptValue): Tensor[] {
  const all = deepTensors(cell, 0);
  const rank = (n: number): Tensor[] => all.filter((t) => t.value.type?.shape.length === n).slice(0, 2);
  return [...rank(2), ...rank(1)];
}

function deepTensors(d: ScriptValue, depth: number): Tensor[] {
  if (isKind(d, 'tensor')) return [d];
  if (depth > 8 || d === null || isInt(d)) return [];
  if (isKind(d, 'object')) return [...d.fields.values()].flatMap((field) => deepTensors(field, depth + 1));
  return isKind(d, 'list') || isKind(d, 'tuple') ? d.items.flatMap((item) => deepTensors(item, depth + 1)) : [];
}

/** The tensors of an object of C++, under the names that a layer has for them. */
export function packedTensors(packed: Instance): [name: string, tensor: Tensor][] {
  const found = deepTensors(packed, 0);
  const names = found.length <= 2 ? ['weight', 'bias'] : [];
  return found.map((t, i) => [names[i] ?? `packed.${i}`, t]);
}
