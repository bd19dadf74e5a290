import type { ModelError } from '../../source/errors.js';
import * as nn from '../../torch/nn/index.js';
import type { Arg } from './config.js';

/** An argument as a layer takes it. */
export type Value = number | string | boolean | null | nn.AnyModule | readonly Value[];

/** The longest argument that is looked at; a literal of YOLOv5 has some twenty characters. */
const MAX_LITERAL = 200;
const CALL = /^(?:torch\.)?nn\.([A-Za-z_]\w*)\((.*)\)$/s;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * What YOLOv5 gets from evaluating an argument, without running anything: Python's literals, the names that a description
 * may use (`nc`, `anchors`), a layer without state of its own (`nn.ReLU()`); any other word stays a word (`nearest`).
 * Throws ModelError `unsupported` for other expressions.
 */
export function literal(arg: Arg, names: ReadonlyMap<string, Value>, fail: (message: string) => ModelError): Value {
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map((part) => literal(part, names, fail));
  if (typeof arg !== 'string') return arg as Value;
  const text = arg.trim();
  if (text.length > MAX_LITERAL) throw fail(`an argument of ${text.length} characters`);
  const named = names.get(text);
  if (named !== undefined) return named;
  if (text === 'None') return null;
  if (text === 'True' || text === 'False') return text === 'True';
  if (NUMBER.test(text)) return Number(text);
  const quoted = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  if (CALL.test(text)) return layerOf(text, names, fail);
  if (/^[([].*[)\]]$/s.test(text)) return split(text.slice(1, -1), fail).map((part) => literal(part, names, fail));
  if (/^[A-Za-z_]\w*$/.test(text)) return text;
  throw fail(`the expression "${text}"`);
}

/** A layer by its call: `nn.LeakyReLU(0.1)`, `nn.ReLU(inplace=True)`. */
export function layerOf(
  text: string,
  names: ReadonlyMap<string, Value>,
  fail: (message: string) => ModelError,
): nn.AnyModule {
  const call = CALL.exec(text.trim());
  if (call === null || text.length > MAX_LITERAL) throw fail(`"${text.slice(0, MAX_LITERAL)}" in place of a layer`);
  const positional: Value[] = [];
  const keywords: Record<string, Value> = {};
  for (const part of split(call[2] ?? '', fail)) {
    const keyword = /^([A-Za-z_]\w*)\s*=(.*)$/s.exec(part);
    if (keyword === null) positional.push(literal(part, names, fail));
    else keywords[keyword[1] as string] = literal(keyword[2] as string, names, fail);
  }
  return torchLayer(call[1] as string, [...positional, ...(Object.keys(keywords).length > 0 ? [keywords] : [])], fail);
}

type LayerClass = new (...args: readonly unknown[]) => nn.AnyModule;

/** A layer of torch.nn by its class name. */
export function torchLayer(
  name: string,
  args: readonly unknown[],
  fail: (message: string) => ModelError,
): nn.AnyModule {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: a description may name any layer
  const found: unknown = Object.hasOwn(nn, name) ? nn[name as keyof typeof nn] : undefined;
  const isLayer = typeof found === 'function' && found.prototype instanceof nn.Module;
  if (!isLayer) throw fail(`layer nn.${name}`);
  return new (found as LayerClass)(...args);
}

/** The arguments of a call, at its commas but not within brackets or quotes. */
function split(text: string, fail: (message: string) => ModelError): string[] {
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

export function isLayer(value: unknown): value is nn.AnyModule {
  return nn.isModule(value);
}
