import type { PageModel } from '../sheet.js';
import { rereadable } from '../state/model.js';
import { folds } from '../state/view.js';
import { Icicle } from './icicle.js';
import { LayerTable } from './table.js';
import { Treemap } from './treemap.js';
import { later, type ViewEntry } from './view.js';

const withGraph = (sheet: PageModel): boolean => sheet.graph;
/** What asks the worker needs the model that it read. */
const withLedger = (sheet: PageModel): boolean => sheet.graph && rereadable.value;

/**
 * Every tab of a model, from left to right. To add one: a component in a file of its own, and a line here; `later` where it
 * is not part of the first load.
 */
export const VIEWS: readonly ViewEntry[] = [
  { id: 'layers', title: 'Layers', room: 'table', Panel: LayerTable },
  { id: 'treemap', title: 'Treemap', room: 'drawing', zooms: true, size: 'area', folds: folds.treemap, Panel: Treemap },
  { id: 'icicle', title: 'Icicle', room: 'drawing', zooms: true, size: 'height', folds: folds.icicle, Panel: Icicle },
  {
    id: 'memory',
    title: 'Memory',
    room: 'drawing',
    fits: withGraph,
    Panel: later(async () => (await import('./memory.js')).Memory),
  },
  {
    id: 'roofline',
    title: 'Roofline',
    room: 'drawing',
    fits: withGraph,
    Panel: later(async () => (await import('./roofline.js')).Roofline),
  },
  {
    id: 'graph',
    title: 'Graph',
    room: 'drawing',
    zooms: true,
    fits: withGraph,
    Panel: later(async () => (await import('./graph.js')).ModuleGraph),
  },
  {
    id: 'curve',
    title: 'Cost by size',
    room: 'page',
    fits: (sheet) => sheet.graph && sheet.program.symbols.length > 0,
    Panel: later(async () => (await import('./curve.js')).Curve),
  },
  {
    id: 'language',
    title: 'Serving',
    room: 'page',
    fits: (sheet) => sheet.language && withLedger(sheet),
    Panel: later(async () => (await import('./language.js')).Language),
  },
  {
    id: 'training',
    title: 'Training',
    room: 'page',
    fits: withLedger,
    Panel: later(async () => (await import('./training.js')).TrainingStep),
  },
  {
    id: 'conventions',
    title: 'Conventions',
    room: 'page',
    fits: withLedger,
    Panel: later(async () => (await import('./conventions.js')).Conventions),
  },
  {
    id: 'measure',
    title: 'Measure',
    room: 'page',
    fits: (sheet) => sheet.model.format === 'onnx' && rereadable.value,
    Panel: later(async () => (await import('./measure.js')).Measure),
  },
  { id: 'compare', title: 'Compare', room: 'page', Panel: later(async () => (await import('./compare.js')).Compare) },
];
