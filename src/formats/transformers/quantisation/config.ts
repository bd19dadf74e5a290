import { isRecord } from '../../../source/by-name.js';
import {
  awq,
  blocks4bit,
  compressed,
  gptq,
  grouped,
  integerOf,
  type Layout,
  rowScaled,
  small4bit,
  tiled8bit,
} from './layouts.js';

type Fields = Readonly<Record<string, unknown>>;

/** How weights are quantised, by the configuration. */
export interface Scheme {
  /** `gptq`, `fp8`, …, as the configuration names it. */
  readonly method: string;
  /** Groups of modules and their layouts; the first whose targets name a module is its layout. */
  readonly groups: readonly { readonly targets: readonly string[] | null; readonly layout: Layout }[];
  /** Modules that stay as they are: names, ends of names, or `re:` and a pattern. */
  readonly left: readonly string[];
  /** `layers`: only what is in the layers; `all`: the head alone stays; `everything`: tables and the head too. */
  readonly reach: 'layers' | 'all' | 'everything';
  /** Of which modules: projections and experts alike, or experts alone. */
  readonly only: 'experts' | null;
}

const number = (f: Fields, name: string, otherwise: number): number =>
  typeof f[name] === 'number' && Number.isFinite(f[name]) ? (f[name] as number) : otherwise;
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];

/** Where a configuration may have it; null if it says nothing of quantisation. */
export function quantisationIn(config: Fields): Fields | null {
  const text = isRecord(config['text_config']) ? config['text_config'] : {};
  for (const place of [config, text])
    for (const name of ['quantization_config', 'compression_config', 'quantization'])
      if (isRecord(place[name])) return place[name];
  return null;
}

/** The scheme of a configuration; a text where it names one whose layout is not known. */
export function schemeOf(q: Fields): Scheme | string {
  const method = methodOf(q);
  const plain = (layout: Layout | null, more: Partial<Scheme> = {}): Scheme | string =>
    layout === null
      ? method
      : { method, groups: [{ targets: null, layout }], left: leftIn(q), reach: 'layers', only: null, ...more };
  const bits = bitsIn(q);
  const group = number(q, 'group_size', number(q, 'q_group_size', 128));
  switch (method) {
    case 'gptq':
    case 'auto-round':
    case 'auto_round':
      return plain(bits >= 2 && bits <= 8 ? gptq(bits, group, method === 'gptq') : null);
    case 'awq':
      return plain(bits >= 2 && bits <= 8 ? awq(bits, group) : null);
    case 'bitsandbytes':
      if (q['load_in_8bit'] === true) return plain(rowScaled('int8', 8, 32), { reach: 'all' });
      return plain(
        blocks4bit(q['bnb_4bit_use_double_quant'] === true, String(q['bnb_4bit_quant_type'] ?? 'fp4').slice(0, 8)),
        { reach: 'all' },
      );
    case 'fp8':
      return plain(tiled8bit(tileIn(q), q['scale_fmt'] === 'ue8m0' ? 8 : 32), { reach: 'all' });
    case 'fbgemm_fp8':
      return plain(rowScaled('float8e4m3fn', 8, 32), { reach: 'all' });
    case 'mxfp4':
      return plain(small4bit(32, 0), { only: 'experts' });
    case 'nvfp4':
      return plain(small4bit(16, 32), { reach: 'all' });
    case 'eetq':
      return plain(rowScaled('int8', 8, 16), { reach: 'all' });
    case 'bitnet':
      return plain(grouped('uint2', 2, 1 << 30, 16, '2 bits'));
    case 'hqq':
      return plain(hqqLayout(q), { reach: 'all' });
    case 'higgs':
      return plain(grouped(integerOf(bits), bits, group, 16));
    case 'metal':
      return plain(grouped(integerOf(bits), bits, group, 64));
    case 'quanto':
      return plain(quantoLayout(String(q['weights'] ?? 'int8')), { reach: 'all' });
    case 'torchao':
      return plain(torchaoLayout(q), { reach: 'all' });
    case 'modelopt':
      return plain(modeloptLayout(q), { reach: 'all' });
    case 'mlx':
      return mlxScheme(q, bits, group);
    case 'compressed-tensors':
    case 'compressed_tensors':
      return compressedScheme(q, method);
    default:
      return method;
  }
}

function methodOf(q: Fields): string {
  const named = q['quant_method'];
  if (typeof named === 'string') return named.toLowerCase().slice(0, 40);
  if (q['load_in_4bit'] === true || q['load_in_8bit'] === true) return 'bitsandbytes';
  if (isRecord(q['config_groups'])) return 'compressed-tensors';
  return typeof q['bits'] === 'number' && typeof q['group_size'] === 'number' ? 'mlx' : 'without a name';
}

function bitsIn(q: Fields): number {
  const bits = number(q, 'bits', number(q, 'w_bit', 4));
  return Number.isInteger(bits) && bits >= 1 && bits <= 16 ? bits : 0;
}

function leftIn(q: Fields): string[] {
  return [
    'modules_to_not_convert',
    'ignored_layers',
    'ignore',
    'llm_int8_skip_modules',
    'skip_modules',
    'exclude_modules',
  ].flatMap((name) => texts(q[name]));
}

function tileIn(q: Fields): readonly [number, number] | null {
  const tile = q['weight_block_size'];
  const [rows, columns] = Array.isArray(tile) ? tile : [];
  const size = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n > 0;
  return size(rows) && size(columns) ? [rows, columns] : null;
}

function hqqLayout(q: Fields): Layout | null {
  const weights = isRecord(q['quant_config']) ? (q['quant_config'] as Fields)['weight_quant_params'] : q;
  const own = isRecord(weights) ? weights : {};
  const bits = number(own, 'nbits', number(q, 'nbits', 4));
  const kept = new Map([
    [1, 1],
    [1.58, 2],
    [2, 2],
    [3, 3.2],
    [4, 4],
    [5, 8],
    [6, 8],
    [8, 8],
  ]).get(bits);
  return kept === undefined ? null : grouped(integerOf(Math.ceil(kept)), kept, number(own, 'group_size', 64), 32);
}

function quantoLayout(weights: string): Layout | null {
  if (weights === 'int8') return rowScaled('int8', 8, 16);
  if (weights === 'float8') return rowScaled('float8e4m3fn', 8, 16);
  if (weights === 'int4') return grouped('int4', 4, 128, 32);
  return weights === 'int2' ? grouped('int2', 2, 128, 32) : null;
}

/** A name (`int4_weight_only`), or a class with its fields (`Int4WeightOnlyConfig`). */
function torchaoLayout(q: Fields): Layout | null {
  const given = isRecord(q['quant_type'])
    ? ((q['quant_type'] as Fields)['default'] ?? q['quant_type'])
    : q['quant_type'];
  const type = isRecord(given) ? String(given['_type'] ?? '') : String(given ?? '');
  const data =
    isRecord(given) && isRecord(given['_data'])
      ? given['_data']
      : isRecord(q['quant_type_kwargs'])
        ? q['quant_type_kwargs']
        : {};
  const name = type.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (/^(int4weightonly|int8dynamicactivationint4weight)/.test(name))
    return grouped('int4', 4, number(data, 'group_size', 128), 32);
  if (/^int8(weightonly|dynamicactivationint8weight)/.test(name)) return rowScaled('int8', 8, 16);
  if (/^float8/.test(name)) return rowScaled('float8e4m3fn', 8, 32);
  return /^nvfp4/.test(name) ? small4bit(16, 32) : /^mx/.test(name) ? small4bit(32, 0) : null;
}

function modeloptLayout(q: Fields): Layout | null {
  const algorithm = String(q['quant_algo'] ?? '').toUpperCase();
  if (algorithm === 'FP8') return tiled8bit(null, 32);
  return algorithm === 'NVFP4' ? small4bit(number(q, 'group_size', 16), 32) : null;
}

/** One layout for all, and others for modules by name; false leaves one as it is. */
function mlxScheme(q: Fields, bits: number, group: number): Scheme | string {
  const layout = mlxLayout(String(q['mode'] ?? 'affine'), bits, group);
  if (layout === null) return 'mlx';
  const own: { targets: readonly string[] | null; layout: Layout }[] = [];
  for (const [name, value] of Object.entries(q)) {
    if (!isRecord(value)) continue;
    const other = mlxLayout(
      String(value['mode'] ?? 'affine'),
      number(value, 'bits', bits),
      number(value, 'group_size', group),
    );
    if (other !== null) own.push({ targets: [name], layout: other });
  }
  const left = Object.entries(q).flatMap(([name, value]) => (value === false ? [name] : []));
  return { method: 'mlx', groups: [...own, { targets: null, layout }], left, reach: 'everything', only: null };
}

function mlxLayout(mode: string, bits: number, group: number): Layout | null {
  if (mode === 'mxfp4') return small4bit(32, 0);
  if (mode === 'nvfp4') return small4bit(16, 0);
  if (mode === 'mxfp8') return grouped('float8e4m3fn', 8, 32, 8);
  return mode === 'affine' && bits > 0 && bits <= 8 ? grouped(integerOf(bits), bits, group, 32) : null;
}

function compressedScheme(q: Fields, method: string): Scheme | string {
  const groups = isRecord(q['config_groups']) ? Object.values(q['config_groups']) : [];
  const made: { targets: readonly string[]; layout: Layout }[] = [];
  for (const group of groups) {
    if (!isRecord(group) || !isRecord(group['weights'])) continue;
    const layout = compressedLayout(group['weights'], String(group['format'] ?? q['format'] ?? ''));
    if (layout === null) return method;
    made.push({ targets: texts(group['targets']), layout });
  }
  if (made.length === 0) return method;
  return { method, groups: made, left: leftIn(q), reach: 'everything', only: null };
}

function compressedLayout(weights: Fields, format: string): Layout | null {
  if (format === 'nvfp4-pack-quantized') return small4bit(16, 32);
  if (format === 'mxfp4-pack-quantized') return small4bit(32, 0);
  if (/sparse|marlin-24|dense/.test(format)) return null;
  const bits = number(weights, 'num_bits', 8);
  if (!Number.isInteger(bits) || bits < 1 || bits > 16) return null;
  const group = number(weights, 'group_size', 0);
  const strategy = String(weights['strategy'] ?? (group > 0 ? 'group' : 'tensor'));
  const floating = weights['type'] === 'float';
  if (strategy === 'block') {
    const tile = tileIn({ weight_block_size: weights['block_structure'] });
    return tile === null ? null : tiled8bit(tile, 32);
  }
  return compressed({
    bits,
    group: /group/.test(strategy) && group > 0 ? group : null,
    strategy,
    zeros: weights['symmetric'] === false,
    floating,
    packed: bits < 8 || format === 'pack-quantized',
  });
}
