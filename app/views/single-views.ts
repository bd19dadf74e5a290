import { countViews } from './count-views.js';
import { ModuleGraph } from './graph/graph.js';
import { Memory } from './memory/memory.js';
import { Roofline } from './roofline/roofline.js';

/** The tabs of a page that was saved as one file. */
export const SINGLE_VIEWS = countViews({ Memory, Roofline, Graph: ModuleGraph });
