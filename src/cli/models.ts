import { bandwidthOf, loadDevices, peakOf, RATES } from '../machine/index.js';
import { namedModels } from '../models/language/names.js';
import { BUILTIN } from '../models/registry.js';
import { toJson } from '../report/index.js';
import { formatFor } from './effects.js';
import { emit } from './output.js';
import type { ModelsJson } from './printed.js';
import { fitted } from './style.js';

/** `opcount models`: what can be profiled without a file. */
export async function runModels(flags: {
  readonly format?: 'table' | 'json';
  readonly output?: string;
}): Promise<number> {
  const models = [...BUILTIN.values()];
  if (formatFor('models', flags, ['table', 'json']) === 'json') {
    const named = [...namedModels().values()].map(({ name, title, config }) => ({
      name,
      title,
      family: String(config['model_type']),
      inputs: [],
    }));
    emit(
      toJson([
        ...models.map(({ name, title, family, inputs }) => ({ name, title, family, inputs })),
        ...named,
      ] satisfies ModelsJson),
      flags.output,
    );
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
  lines.push('', 'Language models: free batch, sequence and past');
  const named = [...namedModels().values()];
  const wide = Math.max(...named.map((m) => m.name.length));
  for (const { name, title } of named) lines.push(`  ${name.padEnd(wide)}  ${title}`);
  emit(await fitted(`${lines.join('\n')}\n`, flags.output !== undefined, () => 4), flags.output);
  return 0;
}

/** `opcount models --devices`: what `--device` knows, with dense rates in FLOP/s (OP/s for integers). */
export async function runDevices(flags: {
  readonly format?: 'table' | 'json';
  readonly output?: string;
}): Promise<number> {
  const format = formatFor('models', flags, ['table', 'json']);
  const devices = await loadDevices();
  if (format === 'json') {
    emit(toJson(devices), flags.output);
    return 0;
  }
  const width = Math.max(...devices.map((d) => d.id.length));
  const lines: string[] = [];
  let vendor = '';
  for (const device of devices) {
    if (device.vendor !== vendor) lines.push(...(vendor === '' ? [] : ['']), device.vendor);
    vendor = device.vendor;
    const bandwidth = bandwidthOf(device);
    const rates = RATES.flatMap((rate) => {
      const n = rate.includes('_') ? null : peakOf(device, rate);
      return n === null ? [] : [`${rate} ${tera(n)}`];
    });
    const memory = device.memory === null ? [] : [`${Math.round(device.memory / 1e9)} GB`];
    const parts = [device.name, ...memory, ...(bandwidth === null ? [] : [`${tera(bandwidth)}B/s`]), rates.join(', ')];
    lines.push(`  ${device.id.padEnd(width)}  ${parts.filter((part) => part !== '').join('; ')}`);
  }
  lines.push(
    '',
    'Rates are dense, the highest reading where sources differ; --format json has every figure with its sources.',
  );
  emit(await fitted(`${lines.join('\n')}\n`, flags.output !== undefined, () => 4), flags.output);
  return 0;
}

function tera(n: number): string {
  return n >= 1e12 ? `${Number((n / 1e12).toPrecision(4))} T` : `${Number((n / 1e9).toPrecision(4))} G`;
}
