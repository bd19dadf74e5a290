import { mutatePickle } from '../pickle.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';
import { mutateZip } from '../zip.js';

/** Archives of code in Python's syntax and of pickles. */
const torchscript: FuzzFormat = {
  id: 'torchscript',
  seeds: () => [...fixtures('torchscript', /\.pt$/, 16_000), ...fixtures('fuzz', /\.pt$/, 300_000)],
  mutations: [
    mutateZip([
      [/code\/.*\.py$/, TEXT.map(onBytes)],
      [/\.pkl$/, [mutatePickle]],
    ]),
  ],
};

export default torchscript;
