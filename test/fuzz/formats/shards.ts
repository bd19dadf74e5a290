import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';

/** Indexes of checkpoints in several files; the files themselves are not there. */
const shards: FuzzFormat = {
  id: 'shards',
  seeds: () => fixtures('safetensors', /\.index\.json$/, 20_000),
  mutations: [onBytes(mutateJson), ...TEXT.map(onBytes)],
};

export default shards;
