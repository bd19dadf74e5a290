import type { ModelError } from '../../source/errors.js';
import type { AnyModule } from '../../torch/nn/index.js';
import type { Arg } from './config.js';
import { torchLayer } from './torch-layers.js';
import type { Value } from './values.js';

/** Makes the error of an argument that cannot be read; `hint` where it is known better than the caller's. */
type Fail = (message: string, hint?: string) => ModelError;

/** The longest argument that is looked at; a literal of YOLOv5 has some twenty characters. */
const MAX_LITERAL = 200;
const CALL = /^(?:torch\.)?nn\.([A-Za-z_]\w*)\((.*)\)$/s;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * What YOLOv5 gets from evaluating an argument, without running anything: Python's literals, the names that a description
 * may use (`nc`, `anchors`), a layer without state of its own (`nn.ReLU()`); any other word stays a word (`nearest`).
 * Throws ModelError `unsupported` for other expressions.
 */
export function literal(arg: Arg, names: ReadonlyMap<string, Value>, fail: Fail): Value {
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map((part) => literal(part, names, fail));
  if (typeof arg !== 'string') return arg as Value;
  const text = arg.trim();
  if (text.length > MAX_LITERAL) throw fail(`an argument of ${text.length} characters`);
  const named = names.get(text);
  if (named !== undefined) return named;
  if (text === 'None') return null;
  if (text === 'True' || text === 'False') return text === 'True';
  if (NUMBER.test(text)) {
    if (!Number.isFinite(Number(text))) throw fail(`the number ${text}, which is too large`);
    return Number(text);
  }
  const quoted = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  if (CALL.test(text)) return layerOf(text, names, fail);
  if (/^[([].*[)\]]$/s.test(text)) return split(text.slice(1, -1), fail).map((part) => literal(part, names, fail));
  if (/^[A-Za-z_]\w*$/.test(text)) return text;
  throw fail(`the expression "${text}"`);
}

/** A layer by its call: `nn.LeakyReLU(0.1)`, `nn.ReLU(inplace=True)`. */
export function layerOf(text: string, names: ReadonlyMap<string, Value>, fail: Fail): AnyModule {
  const call = CALL.exec(text.trim());
  if (call === null || text.length > MAX_LITERAL) throw fail(`"${text.slice(0, MAX_LITERAL)}" in place of a layer`);
  const positional: Value[] = [];
  const keywords = new Map<string, Value>();
  for (const part of split(call[2] ?? '', fail)) {
    const keyword = /^([A-Za-z_]\w*)\s*=(.*)$/s.exec(part);
    if (keyword === null) positional.push(literal(part, names, fail));
    else {
      if (keywords.has(keyword[1] as string)) throw fail(`"${keyword[1]}" given twice`);
      keywords.set(keyword[1] as string, literal(keyword[2] as string, names, fail));
    }
  }
  return torchLayer(call[1] as string, positional, keywords, fail);
}

/** The arguments of a call, at its commas but not within brackets or quotes. */
function split(text: string, fail: Fail): string[] {
  const parts: string[] = [];
  let [depth, start, quote] = [0, 0, ''];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
    if (depth < 0) break;
  }
  if (depth !== 0 || quote !== '') throw fail(`the expression "${text}", whose brackets do not match`);
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
}
