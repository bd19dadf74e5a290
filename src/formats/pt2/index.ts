import type { Format } from '../types.js';
import { archived } from './detect.js';

/** torch.export's archives (.pt2). */
export const pt2: Format = {
  id: 'pt2',
  title: 'PyTorch export (.pt2)',
  detect: () => 'no', // an archive, told by what it lists
  archived,
  load: async () => (await import('./read.js')).readPt2,
};
