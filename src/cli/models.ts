import { BUILTIN } from '../models/registry.js';
import { toJson } from '../report/index.js';
import { emit } from './output.js';

/** `opcount models`: what can be profiled without a file. */
export function runModels(flags: { readonly format?: string; readonly output?: string }): number {
  const models = [...BUILTIN.values()];
  if (flags.format === 'json') {
    emit(toJson(models.map(({ name, title, family, inputs }) => ({ name, title, family, inputs }))), flags.output);
    return 0;
  }
  const width = Math.max(...models.map((m) => m.name.length));
  const lines: string[] = [];
  let family = '';
  for (const model of models) {
    if (model.family !== family) lines.push(...(family === '' ? [] : ['']), model.family);
    family = model.family;
    lines.push(
      `  ${model.name.padEnd(width)}  ${model.inputs.map((s) => s.join('×')).join(', ')}${model.title === model.name ? '' : `  ${model.title}`}`,
    );
  }
  emit(`${lines.join('\n')}\n`, flags.output);
  return 0;
}
