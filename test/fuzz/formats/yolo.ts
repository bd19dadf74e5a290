import { architecture } from '../../../src/models/yolo/architectures.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

/** YAML, with anchors and aliases of its own among the words that are put in. */
const yolo: FuzzFormat = {
  id: 'yolo',
  seeds: () =>
    ['yolov5n', 'yolov5s-ghost', 'yolov5s-transformer', 'yolov5n-seg', 'yolov3-tiny'].map((name) => ({
      name: `${name}.yaml`,
      bytes: encode(yaml(name)),
    })),
  mutations: TEXT.map(onBytes),
};

function yaml(name: string): string {
  const found = architecture(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  const { layers, name: _, ...keys } = found;
  const rows = layers.map((l) => `  - ${JSON.stringify([l.from, l.repeats, l.module, l.args])}`);
  return [
    '# &a [1, 2, *a] {x: *a} !!python/object',
    ...Object.entries(keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    'backbone:',
    ...rows.slice(0, 10),
    'head:',
    ...rows.slice(10),
    '',
  ].join('\n');
}

export default yolo;
