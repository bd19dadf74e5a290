import type { Format } from '../types.js';
import { detect } from './detect.js';

/** ONNX: detects it; the reader itself is loaded when a file is opened. */
export const onnx: Format = {
  id: 'onnx',
  title: 'ONNX',
  detect,
  load: async () => (await import('./model.js')).readModel,
};
