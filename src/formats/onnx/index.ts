import type { Format } from '../types.js';
import { detect } from './detect.js';

/** The door to ONNX; the reader itself is loaded when it is opened. */
export const onnx: Format = {
  id: 'onnx',
  title: 'ONNX',
  detect,
  load: async () => (await import('./model.js')).readModel,
};
