import { mutatePickle } from '../pickle.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { mutateZip } from '../zip.js';

/** Pickles, in an archive or bare. */
const checkpoint: FuzzFormat = {
  id: 'checkpoint',
  seeds: () => fixtures('pth', /\.pth$/, 50_000),
  mutations: [mutateZip([[/\.pkl$/, [mutatePickle]]]), mutatePickle],
};

export default checkpoint;
