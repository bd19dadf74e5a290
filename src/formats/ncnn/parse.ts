import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { isBinary, MAGIC } from './detect.js';
import { Settings } from './settings.js';
import { LAYER_TYPES } from './types.js';

export const FORMAT = 'ncnn';
export type NcnnNode = LayerNode<Settings>;

/** Settings of one layer, values of one setting, and layers of one file; hostile counts end here. */
const MAX_SETTINGS = 1 << 10;
const MAX_VALUES = 1 << 16;
const MAX_LAYERS = 1 << 20;
const MAX_BLOBS = 1 << 16;
const MAX_TEXT = 1 << 28;

/** The layers of a file, text or binary. Throws ModelError. */
export function layersOf(source: Source): NcnnNode[] {
  const head = source.read(0, Math.min(4, source.size));
  if (isBinary(head)) return binary(source);
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_TEXT}`, {
      format: FORMAT,
      hint: 'Give the .param file, not the weights.',
    });
  return text(new TextDecoder().decode(source.read(0, source.size)));
}

function text(written: string): NcnnNode[] {
  const lines = written.split(/\r?\n/);
  const nodes: NcnnNode[] = [];
  let counts = false;
  for (const [i, line] of lines.entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || (i === 0 && words[0] === MAGIC)) continue;
    // How many layers and blobs there are: people edit files and leave it as it was.
    if (!counts && words.length === 2 && words.every((word) => /^\d+$/.test(word))) {
      counts = true;
      continue;
    }
    nodes.push(layer(words, i + 1));
  }
  return nodes;
}

function layer(words: readonly string[], line: number): NcnnNode {
  const [opType = '', name = '', ins = '', outs = '', ...rest] = words;
  const [inputs, outputs] = [ins, outs].map((word) => (/^\d{1,6}$/.test(word) ? Number(word) : -1)) as [number, number];
  if (inputs < 0 || outputs < 0 || rest.length < inputs + outputs || inputs + outputs > MAX_BLOBS)
    throw malformed(`"${words.join(' ').slice(0, 80)}" is not a layer: type, name, counts, blobs were expected`, line);
  if (/^(nn|F|torch|Tensor|pnnx|prim|aten)\./.test(opType) || rest.some((word) => /^[@#$]/.test(word)))
    throw new ModelError('unsupported', 'this is pnnx’s own description of the model (.pnnx.param), not ncnn’s', {
      format: FORMAT,
      at: { line },
      hint: 'Give the .ncnn.param that pnnx writes beside it, or the TorchScript file that it came from.',
    });
  return {
    name,
    opType,
    input: rest.slice(0, inputs),
    output: rest.slice(inputs, inputs + outputs),
    attrs: new Settings(settings(rest.slice(inputs + outputs), line)),
  };
}

const ARRAY = -23300;

function settings(words: readonly string[], line: number): Map<number, number | number[] | string> {
  const found = new Map<number, number | number[] | string>();
  for (const word of words) {
    const [, key, value = ''] = /^(-?\d{1,6})=(.*)$/.exec(word) ?? [];
    // Words of a text with spaces; comments that people leave behind.
    if (key === undefined) continue;
    const id = Number(key);
    if (id <= ARRAY) {
      const [length = Number.NaN, ...values] = value.split(',').map(Number);
      if (length !== values.length || !values.every(Number.isFinite)) throw malformed(`"${word}" is not a list`, line);
      found.set(ARRAY - id, values);
    } else if (/^"|^[A-Za-z(*]/.test(value)) found.set(id, value.replace(/^"|"$/g, ''));
    else {
      // Some write floats as C does: 2.f
      const values = value.split(',').map((one) => Number(one.replace(/\.f$/i, '')));
      if (!values.every(Number.isFinite)) found.set(id, value);
      else found.set(id, values.length === 1 ? (values[0] as number) : values);
    }
  }
  return found;
}

/** Blobs have numbers for names; whether a setting is an integer or a float depends on the layer, so both are tried. */
function binary(given: Source): NcnnNode[] {
  const source = windowed(given);
  let at = 4;
  const word = (): number => {
    if (at + 4 > source.size)
      throw new ModelError('truncated', 'the file ends within a layer', {
        format: FORMAT,
        at: { offset: at },
        hint: 'Download or copy it again.',
      });
    const bytes = source.read(at, at + 4);
    at += 4;
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
  };
  const count = (most: number): number => {
    const n = word();
    if (n < 0 || n > most) throw malformed(`a count of ${n}`, undefined, at - 4);
    return n;
  };
  const layers = count(MAX_LAYERS);
  word(); // how many blobs
  const nodes: NcnnNode[] = [];
  for (let i = 0; i < layers; i++) {
    const type = word();
    const [inputs, outputs] = [count(MAX_BLOBS), count(MAX_BLOBS)];
    const input = Array.from({ length: inputs }, () => String(word()));
    const output = Array.from({ length: outputs }, () => String(word()));
    const found = new Map<number, number | number[]>();
    for (let id = word(); id !== -233; id = word()) {
      if (found.size > MAX_SETTINGS) throw malformed('a layer with too many settings', undefined, at);
      if (id <= ARRAY)
        found.set(
          ARRAY - id,
          Array.from({ length: count(MAX_VALUES) }, () => number(word())),
        );
      else found.set(id, number(word()));
    }
    nodes.push({
      name: String(i),
      opType: LAYER_TYPES[type] ?? `layer type ${type}`,
      input,
      output,
      attrs: new Settings(found),
    });
  }
  return nodes;
}

/** Four bytes as the integer that they are, unless they are far out of range as one: then they are a float. */
function number(word: number): number {
  if (Math.abs(word) < 1 << 27) return word;
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, word, true);
  const real = view.getFloat32(0, true);
  return Number.isFinite(real) && Math.abs(real) > 1e-30 && Math.abs(real) < 1e30 ? real : word;
}

function malformed(message: string, line?: number, offset?: number): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    at: line === undefined ? { offset: offset ?? 0 } : { line },
    hint: 'The file is damaged, or is not a .param of ncnn: convert the model again.',
  });
}
