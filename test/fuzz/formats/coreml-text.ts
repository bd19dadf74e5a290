import { NEW, OLD } from '../../formats/coreml-text-build.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

/** Compiled programs of Core ML, which are text. */
const coremlText: FuzzFormat = {
  id: 'coreml-text',
  seeds: () => [OLD, NEW].map((text) => ({ name: 'model.mil', bytes: encode(text) })),
  mutations: TEXT.map(onBytes),
};

export default coremlText;
