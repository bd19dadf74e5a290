import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';
import { mutateZip } from '../zip.js';

/** Configurations, by themselves and in archives; HDF5 files by changes of bytes alone. */
const keras: FuzzFormat = {
  id: 'keras',
  seeds: () => fixtures('keras', /\.(keras|h5|model\.json)$/, 40_000),
  mutations: [
    onBytes(mutateJson),
    mutateZip([[/config\.json$/, [onBytes(mutateJson), onBytes(mutateJson), ...TEXT.map(onBytes)]]]),
  ],
};

export default keras;
