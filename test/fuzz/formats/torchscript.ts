import type { OpenOptions } from '../../../src/index.js';
import { mutatePickle } from '../pickle.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';
import { mutateZip } from '../zip.js';

/** Scripts do not say how large their inputs are. */
const INPUTS: ReadonlyMap<string, NonNullable<OpenOptions['inputs']>> = new Map<
  string,
  NonNullable<OpenOptions['inputs']>
>([
  ['alexnet.script.pt', [[1, 3, 224, 224]]],
  ['lstm.script.pt', [['n', 20, 128]]],
  ['cellular.script.pt', [['time', 2, 16]]],
  ['classy.script.pt', [[2, 8]]],
  ['forky.script.pt', [[2, 8]]],
  ['int.script.pt', [[2, 8]]],
  ['raise.script.pt', [[2, 8]]],
  ['dataful.script.pt', [[2, 8]]],
  ['train.script.pt', [[1, 3, 8, 8]]],
  ['lnlstm.script.pt', [[5, 3, 8]]],
  ['frozen.freeze.pt', [[1, 3, 8, 8]]],
  ['quantized_static.script.pt', [[1, 3, 8, 8]]],
  ['quantized_lstm.script.pt', [[5, 2, 8]]],
  [
    'lists.script.pt',
    [
      [3, 8, 8],
      [3, 9, 7],
    ],
  ],
  ['named.script.pt', { 'batch.x': [2, 8], 'batch.y': [3, 8] }],
]);

/** Archives of code in Python's syntax and of pickles. */
const torchscript: FuzzFormat = {
  id: 'torchscript',
  seeds: () => [...fixtures('torchscript', /\.pt$/, 16_000), ...fixtures('fuzz', /\.pt$/, 300_000)],
  inputs: (name) => INPUTS.get(name),
  mutations: [
    mutateZip([
      [/code\/.*\.py$/, TEXT.map(onBytes)],
      [/\.pkl$/, [mutatePickle]],
    ]),
  ],
};

export default torchscript;
