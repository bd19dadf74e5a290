import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';
import { mutateZip } from '../zip.js';

/** Archives of JSON. */
const pt2: FuzzFormat = {
  id: 'pt2',
  seeds: () => [
    ...fixtures('pt2-oracle', /^(micro|nn)_.*\.pt2$/, 8000),
    ...fixtures('pt2', /\.pt2$/, 25_000),
    ...fixtures('fuzz', /\.pt2$/, 300_000),
  ],
  mutations: [
    mutateZip([
      [/models\/.*\.json$/, [onBytes(mutateJson), onBytes(mutateJson), onBytes(mutateJson), ...TEXT.map(onBytes)]],
      [/\.json$/, [onBytes(mutateJson), ...TEXT.map(onBytes)]],
    ]),
  ],
};

export default pt2;
