import { type Document, isMap } from 'yaml';
import { substitute } from '../../dim/index.js';
import type { Ledger } from '../../ledger/index.js';
import {
  type Arg,
  type LayerSpec,
  MAX_CHANNELS,
  MAX_LAYERS,
  MAX_LIST,
  MAX_TEXT,
  type YoloConfig,
} from '../../models/yolo/config.js';
import { buildModel, type DetectionModel } from '../../models/yolo/model.js';
import { ModelError, type Source } from '../../source/index.js';
import { type InputSpec, readModule } from '../../torch/nn/index.js';
import { readYaml, type YamlText } from '../../wire/yaml.js';
import type { InputOverride, ReadOptions } from '../types.js';

/** Side of the image that YOLOv5 trains on and counts for. */
const IMAGE = 640;

export interface YoloOptions {
  /** File name, with its folder and extension or without. */
  readonly name?: string;
  /** Channels of the image where the file does not say; 3. */
  readonly ch?: number;
  /** Classes in place of the file's. */
  readonly nc?: number;
  /** Anchors on each map in place of the file's. */
  readonly anchors?: number;
}

export interface YoloModel {
  readonly module: DetectionModel;
  /** One image of 640 × 640. */
  readonly inputs: readonly InputSpec[];
}

/**
 * The model of a YOLOv5 description (`models/*.yaml`). Throws ModelError with the line, and the layer's index if there
 * is one, for anything that YOLOv5 could not build.
 */
export function readYolo(text: string, options: YoloOptions = {}): YoloModel {
  const module = buildModel(readConfig(text, options));
  return { module, inputs: [{ name: 'images', shape: [1, module.config.ch, IMAGE, IMAGE] }] };
}

/** The facts of a YOLOv5 description on one image of 640 × 640, or on the input given. Throws ModelError. */
export function openYolo(source: Source, options: ReadOptions = {}): Ledger {
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} has ${source.size} bytes`, {
      format: 'yolo',
      hint: `a YOLOv5 description has at most ${MAX_TEXT}`,
    });
  const text = new TextDecoder().decode(source.read(0, source.size));
  const { module, inputs } = readYolo(text, { name: source.name });
  const image = inputOf(inputs[0] as InputSpec, options);
  const ledger = readModule(module, [image], { name: module.config.name });
  return {
    ...ledger,
    format: 'yolo',
    producer: 'YOLOv5',
    file: { bytes: source.size, bytesRead: source.bytesRead },
  };
}

function inputOf(image: InputSpec, { inputs = [], bind = new Map() }: ReadOptions): InputSpec {
  const wrong = inputs.find((i) => i.name !== undefined && i.name !== image.name);
  if (wrong !== undefined || inputs.length > 1)
    throw new ModelError('argument', `a YOLOv5 model has no input ${wrong?.name ?? 'beside its images'}`, {
      format: 'yolo',
      hint: 'it has one, images: batch × channels × height × width',
    });
  const given: InputOverride | undefined = inputs[0];
  if (given === undefined) return image;
  if (given.shape.length !== 4)
    throw new ModelError('argument', `images have 4 axes, not ${given.shape.length}`, {
      format: 'yolo',
      hint: 'give batch × channels × height × width: 1x3x640x640',
    });
  const { name, dtype, shape } = { ...image, ...given };
  return { ...(name && { name }), ...(dtype && { dtype }), shape: shape.map((d) => substitute(d, bind)) };
}

/** Reads a description and checks it. Throws ModelError. */
export function readConfig(text: string, options: YoloOptions = {}): YoloConfig {
  const file = options.name ?? 'description';
  const fail: Fail = (message, hint, line, code = 'malformed') =>
    new ModelError(code, `${file}${line === undefined ? '' : `, line ${line}`}: ${message}`, {
      format: 'yolo',
      ...(line === undefined ? {} : { at: { field: `line ${line}` } }),
      hint,
    });
  if (text.length > MAX_TEXT) throw fail(`${text.length} characters`, `at most ${MAX_TEXT}`, undefined, 'limit');
  const { doc, lines } = parse(text, fail);
  const lineOf = (...path: readonly (string | number)[]): number | undefined => {
    const node = doc.getIn(path, true) as { range?: readonly number[] | null } | undefined;
    const at = node?.range?.[0];
    return at === undefined ? undefined : lines.linePos(at).line;
  };
  const root = values(doc, fail);
  if ('scales' in root)
    throw fail(
      'a description of a later YOLO (it has scales)',
      'export the model to ONNX and open that',
      lineOf('scales'),
      'unsupported',
    );
  const number = (key: string, fallback: number | null, whole: boolean, most: number): number => {
    const value = root[key] ?? fallback;
    if (value === null || value === undefined)
      throw fail(`${key} is missing`, `add a line, for example ${key}: ${whole ? 80 : '1.0'}`);
    if (typeof value !== 'number' || !(value > 0) || value > most || (whole && !Number.isInteger(value)))
      throw fail(
        `${key} is ${JSON.stringify(value)}`,
        `a ${whole ? 'whole ' : ''}number above 0, at most ${most}`,
        lineOf(key),
      );
    return value;
  };
  const section = (key: string): LayerSpec[] => {
    const rows = root[key];
    if (rows === undefined) throw fail(`${key} is missing`, `a description has a backbone and a head`);
    if (!Array.isArray(rows)) throw fail(`${key} is not a list`, 'a list of [from, number, module, args]', lineOf(key));
    if (rows.length > MAX_LAYERS)
      throw fail(`${key} has ${rows.length} layers`, `at most ${MAX_LAYERS}`, lineOf(key), 'limit');
    return rows.map((row: unknown, i) => layerSpec(row, `${key}[${i}]`, lineOf(key, i), fail));
  };
  if (options.anchors === undefined && root['anchors'] === undefined)
    throw fail('anchors is missing', 'add a line, for example anchors: 3');
  const activation = root['activation'] ?? null;
  if (activation !== null && typeof activation !== 'string')
    throw fail('activation is not text', 'write it as activation: nn.ReLU()', lineOf('activation'));
  return {
    name: file
      .replace(/[?#].*$/, '')
      .replace(/^.*[/\\]/, '')
      .replace(/\.ya?ml$/i, ''),
    ch: number('ch', options.ch ?? 3, true, MAX_CHANNELS),
    nc: options.nc ?? number('nc', null, true, MAX_CHANNELS),
    depth_multiple: number('depth_multiple', null, false, 100),
    width_multiple: number('width_multiple', null, false, 100),
    channel_multiple: number('channel_multiple', 8, true, 1024),
    anchors: options.anchors ?? anchorsOf(root['anchors'], lineOf('anchors'), fail),
    activation,
    layers: [...section('backbone'), ...section('head')],
  };
}

type Fail = (message: string, hint: string, line?: number, code?: 'malformed' | 'unsupported' | 'limit') => ModelError;

/** YAML 1.1, as PyYAML reads it. */
function parse(text: string, fail: Fail): YamlText {
  let read: YamlText;
  try {
    read = readYaml(text, { version: '1.1' });
  } catch (error) {
    throw malformed(error as Error, undefined, fail);
  }
  const [error] = read.doc.errors;
  if (error !== undefined) throw malformed(error, read.lines.linePos(error.pos[0]).line, fail);
  return read;
}

function values(doc: Document, fail: Fail): Record<string, unknown> {
  if (!isMap(doc.contents)) throw fail('no keys at the top', 'a description has nc, anchors, backbone and head', 1);
  try {
    // Aliases are few in a description; many of them are a way to make a small file a large one.
    return doc.toJS({ maxAliasCount: 20 }) as Record<string, unknown>;
  } catch (error) {
    throw malformed(error as Error, undefined, fail);
  }
}

/** The YAML reader's own message; that it ran out of stack is its way to say that brackets are nested too deeply. */
function malformed({ message }: Error, line: number | undefined, fail: Fail): ModelError {
  return /call stack|recursion/i.test(message)
    ? fail('nested too deeply', 'check its brackets', line, 'limit')
    : fail(
        `not valid YAML: ${message}`,
        /alias/i.test(message) ? 'write it without aliases (*name)' : 'correct that line',
        line,
      );
}

function anchorsOf(value: unknown, line: number | undefined, fail: Fail): YoloConfig['anchors'] {
  const hint = 'a list of width, height, width, height, … for each map, or how many there are on each';
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 1 && value <= MAX_LIST) return value;
    throw fail(`anchors is ${value}`, hint, line);
  }
  const rows = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length >= 2 && row.length <= MAX_LIST && row.every((v) => typeof v === 'number');
  if (rows.length === 0 || rows.length > MAX_LIST || !rows.every(isRow))
    throw fail('anchors is not such a list', hint, line);
  return rows;
}

function layerSpec(row: unknown, where: string, line: number | undefined, fail: Fail): LayerSpec {
  const form = 'a layer is [from, number, module, args]';
  if (!Array.isArray(row) || row.length !== 4)
    throw fail(`${where} has ${Array.isArray(row) ? `${row.length} parts` : 'no parts'}, not 4`, form, line);
  const [from, repeats, module, args] = row as unknown[];
  const isIndex = (v: unknown): v is number => Number.isSafeInteger(v);
  if (!(isIndex(from) || (Array.isArray(from) && from.length > 0 && from.length <= MAX_LIST && from.every(isIndex))))
    throw fail(`${where}: from is ${JSON.stringify(from)}`, 'the index of a layer, or a list of them', line);
  if (!isIndex(repeats) || repeats < 1)
    throw fail(`${where}: number is ${JSON.stringify(repeats)}`, 'how often the module is repeated, from 1', line);
  if (typeof module !== 'string') throw fail(`${where}: module is ${JSON.stringify(module)}`, form, line);
  if (!Array.isArray(args) || !args.every(isArg)) throw fail(`${where}: args is not a list of values`, form, line);
  return { from: from as number | number[], repeats, module, args, ...(line === undefined ? {} : { line }) };
}

function isArg(value: unknown): value is Arg {
  if (Array.isArray(value)) return value.length <= MAX_LIST && value.every(isArg);
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}
