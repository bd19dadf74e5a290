import { mutateProtobuf } from '../protobuf.js';
import { type FuzzFormat, fixtures } from '../seeds.js';

/** Graphs and SavedModels in protobuf's binary form. */
const tensorflow: FuzzFormat = {
  id: 'tensorflow',
  seeds: () => fixtures('tensorflow', /\.pb$/, 40_000),
  mutations: [mutateProtobuf, mutateProtobuf],
};

export default tensorflow;
