import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OPS } from '../../src/ops/catalog/index.js';

/** Where an operator may be spelled, and the sources that say which ones are. */
export const DOORS = {
  nn: ['torch/nn'],
  aten: ['torch/operators'],
  onnx: ['formats/onnx/dialect'],
  tflite: ['formats/tflite/operators', 'formats/tflite/operator.ts'],
  tensorflow: ['formats/tensorflow/operators'],
  keras: ['core', 'norm', 'windows', 'shape', 'merge', 'recurrent'].map((name) => `formats/keras/layers/${name}.ts`),
  openvino: ['formats/openvino/operators', 'formats/openvino/early.ts'],
  mil: ['formats/coreml/program'],
  coreml: ['formats/coreml/layers'],
  paddle: ['formats/paddle/operators'],
  mnn: ['formats/mnn/operators'],
  ncnn: ['formats/ncnn/layers'],
  caffe: ['formats/caffe/layers'],
  darknet: ['formats/darknet/layers'],
} as const;
export type Door = keyof typeof DOORS;

const SRC = join(import.meta.dirname, '../../src');

function texts(path: string): string[] {
  if (!statSync(path).isDirectory()) return [readFileSync(path, 'utf8')];
  return readdirSync(path).flatMap((name) => texts(join(path, name)));
}

/** Comments and imports name operators too. */
const bare = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|^import [\s\S]*?;$/gm, '');
const isOp = (name: string): boolean => Object.hasOwn(OPS, name);
const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((m) => m[1] as string);

/** Names of operators that a template stands for: `adaptive_${kind}_pool`. */
function filled(template: string, among: readonly string[]): string[] {
  const matching = (own: string): string[] => {
    const pattern = new RegExp(`^${own.replace(/\$\{\w+\}/g, '\\w+')}$`);
    return Object.keys(OPS).filter((op) => pattern.test(op));
  };
  const closer = among.filter((other) => other.length > template.length).flatMap(matching);
  return matching(template).filter((op) => !closer.includes(op));
}

/** What every function of ops/ makes: the operators that its effects are named after, also by way of other functions. */
function makers(): ReadonlyMap<string, ReadonlySet<string>> {
  const bodies = new Map<string, string>();
  const templates: string[] = [];
  for (const name of readdirSync(join(SRC, 'ops')).filter((n) => n.endsWith('.ts'))) {
    const text = bare(readFileSync(join(SRC, 'ops', name), 'utf8'));
    templates.push(...named(text, /\bop: [^,\n]*?`([^`]*)`/g));
    for (const [, fn = '', body = ''] of text.matchAll(/^(?:export )?function (\w+)([\s\S]*?)^\}/gm))
      bodies.set(fn, body);
  }
  const made = new Map<string, Set<string>>();
  const of = (fn: string, within: ReadonlySet<string> = new Set()): Set<string> => {
    const known = made.get(fn);
    const body = bodies.get(fn);
    if (known !== undefined || body === undefined || within.has(fn)) return known ?? new Set();
    // the name itself, or one of two; the first argument of a helper that is returned; what another function makes
    const own = [
      ...named(body, /\bop: [^,\n]*?'(\w+)'/g),
      ...named(body, /\bop: [^,\n]*? : '(\w+)'/g),
      ...named(body, /(?:return|=>|[?:]) \w+\(\s*(?:[^()'\n]*\? )?'(\w+)'/g),
      ...named(body, /(?:return|=>|[?:]) \w+\([^()'\n]*\? '\w+' : '(\w+)'/g),
      ...named(body, /\bop: [^,\n]*?`([^`]*)`/g).flatMap((template) => filled(template, templates)),
    ].filter(isOp);
    const ops = own.length > 0 ? own : named(body, /= \w+\(\s*'(\w+)'/g).filter(isOp);
    const all = new Set(ops);
    if (ops.length === 0)
      for (const other of named(body, /(?:return|=>|= |\? |\.\.\.)\s*(\w+)\(/g))
        for (const op of of(other, new Set([...within, fn]))) all.add(op);
    made.set(fn, all);
    return all;
  };
  for (const fn of bodies.keys()) of(fn);
  return made;
}

/**
 * Names that these sources have and that are not operators of theirs: names of arguments and their values (a padding that is
 * `constant`, `momentum`), a part of another operator, one of several that a function makes of its argument.
 */
const OTHER_WORDS: Readonly<Record<Door, readonly string[]>> = {
  nn: [
    ...['constant', 'all', 'momentum', 'affine', 'mode', 'window', 'size', 'shape', 'unbind', 'copy', 'identity'],
    ...['lp_pool', 'adaptive_lp_pool', 'max_roi_pool'],
  ],
  aten: ['constant', 'mode', 'size', 'shape', 'scale', 'lp_pool', 'adaptive_lp_pool'],
  onnx: [
    ...['all', 'momentum', 'affine', 'mode', 'bilinear', 'fmod', 'scale', 'norm', 'adaptive_lp_pool'],
    ...['rnn_tanh_cell', 'rnn_relu_cell', 'gru_cell', 'lstm_cell'],
  ],
  tflite: ['layer_norm', 'window', 'constant', 'size', 'max_roi_pool', 'einsum', 'rnn_relu_cell', 'gru_cell'],
  keras: [
    ...[
      'bilinear',
      'div',
      'ne',
      'stack',
      'einsum',
      'rnn_relu_cell',
      'unsqueeze',
      'copy',
      'identity',
      'any',
      'size',
      'slice',
    ],
    ...['lp_pool', 'max_roi_pool', 'adaptive_lp_pool', 'affine'],
  ],
  tensorflow: [
    ...['gelu', 'gelu_tanh', 'linear', 'rnn_tanh_cell', 'rnn_relu_cell', 'max_roi_pool', 'lp_pool', 'sum_square'],
  ],
  openvino: ['det', 'lp_pool', 'adaptive_lp_pool', 'bilinear', 'constant', 'mode', 'scale', 'size', 'square'],
  mil: [
    'adaptive_max_pool',
    'adaptive_lp_pool',
    'bilinear',
    'constant',
    'gru_cell',
    'log_softmax',
    'lstm_cell',
    'max_roi_pool',
    'mode',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'size',
  ],
  coreml: [
    'adaptive_lp_pool',
    'gru_cell',
    'log_softmax',
    'lstm_cell',
    'max_roi_pool',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'scale',
    'square',
  ],
  paddle: [
    'flatten',
    'adaptive_lp_pool',
    'bilinear',
    'constant',
    'gru_cell',
    'lp_pool',
    'lstm_cell',
    'max_roi_pool',
    'mode',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'scale',
  ],
  mnn: [
    'relu6',
    'size',
    'adaptive_lp_pool',
    'constant',
    'gru_cell',
    'log_softmax',
    'lp_pool',
    'lstm_cell',
    'max_roi_pool',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'scale',
  ],
  ncnn: [
    'adaptive_lp_pool',
    'constant',
    'gru_cell',
    'log_softmax',
    'lp_pool',
    'lstm_cell',
    'max_roi_pool',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'scale',
  ],
  caffe: [
    'adaptive_lp_pool',
    'flip',
    'gru_cell',
    'log_softmax',
    'lp_pool',
    'lstm_cell',
    'max',
    'pad',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'scale',
    'shape',
  ],
  darknet: [
    'copy',
    'maximum',
    'gru_cell',
    'log_softmax',
    'lp_pool',
    'lstm_cell',
    'max',
    'max_roi_pool',
    'pad',
    'rnn_relu_cell',
    'rnn_tanh_cell',
    'size',
  ],
};

/** The operators that each door can make: by the functions of ops/ that it calls, and by the names that it gives them. */
export function knownBy(): ReadonlyMap<Door, ReadonlySet<string>> {
  const functions = makers();
  return new Map(
    (Object.keys(DOORS) as Door[]).map((door) => {
      const text = DOORS[door]
        .flatMap((place) => texts(join(SRC, place)))
        .map(bare)
        .join('\n');
      // as an argument, and where the table's own names are PyTorch's, as an entry
      const names = [...named(text, /[(,?:=]\s*'(\w+)'/g), ...(door === 'aten' ? named(text, /^ {2}(\w+): /gm) : [])];
      const found = new Set(names.filter(isOp));
      for (const fn of named(text, /(?:\bops\.|(?<![\w.]))(\w+)\(/g))
        for (const op of functions.get(fn) ?? []) found.add(op);
      for (const word of OTHER_WORDS[door])
        if (!found.delete(word)) throw new Error(`${door} no longer has the word ${word}`);
      return [door, found];
    }),
  );
}

/** Functions of ops/ that sources call themselves: imported by name, or `ops.name(`. */
export function calledIn(...places: readonly string[]): readonly string[] {
  const all = places.flatMap((place) => texts(join(SRC, place)));
  const imported = all.flatMap((text) => named(text, /import \{([^}]*)\} from '[./]*\/ops\/index\.js'/g)).join(',');
  const names = imported.split(',').map((name) => name.trim());
  const called = all.flatMap((text) => named(bare(text), /\bops\.(\w+)\(/g));
  const makes = makers();
  return [...new Set([...names, ...called])]
    .filter((name) => (makes.get(name)?.size ?? 0) > 0 || name === 'nothing')
    .sort();
}
