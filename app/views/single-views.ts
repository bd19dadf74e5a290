import { folds } from '../state/view.js';
import { ModuleGraph } from './graph.js';
import { Icicle } from './icicle.js';
import { Memory } from './memory.js';
import { Roofline } from './roofline.js';
import { LayerTable } from './table.js';
import { Treemap } from './treemap.js';
import type { ViewEntry } from './view.js';

/** The tabs of a page that was saved as one file: those that need nothing but the counts. */
export const SINGLE_VIEWS: readonly ViewEntry[] = [
  { id: 'layers', title: 'Layers', room: 'table', Panel: LayerTable },
  { id: 'treemap', title: 'Treemap', room: 'drawing', zooms: true, size: 'area', folds: folds.treemap, Panel: Treemap },
  { id: 'icicle', title: 'Icicle', room: 'drawing', zooms: true, size: 'height', folds: folds.icicle, Panel: Icicle },
  { id: 'memory', title: 'Memory', room: 'drawing', fits: (sheet) => sheet.graph, Panel: Memory },
  { id: 'roofline', title: 'Roofline', room: 'drawing', fits: (sheet) => sheet.graph, Panel: Roofline },
  { id: 'graph', title: 'Graph', room: 'drawing', zooms: true, fits: (sheet) => sheet.graph, Panel: ModuleGraph },
];
