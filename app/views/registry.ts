import type { PageModel } from '../sheet.js';
import { rereadable } from '../state/model.js';
import { countViews } from './count-views.js';
import { later, type ViewEntry } from './parts/view.js';

/** Views that ask the worker need the model that it read. */
const withLedger = (sheet: PageModel): boolean => sheet.graph && rereadable.value;

/**
 * Every tab of a model, from left to right. To add one: a component in a file of its own, and a line here; `later` where it
 * is not part of the first load.
 */
export const VIEWS: readonly ViewEntry[] = [
  ...countViews({
    Memory: later(async () => (await import('./memory/memory.js')).Memory),
    Roofline: later(async () => (await import('./roofline/roofline.js')).Roofline),
    Graph: later(async () => (await import('./graph/graph.js')).ModuleGraph),
  }),
  {
    id: 'curve',
    title: 'Cost by size',
    room: 'page',
    fits: (sheet) => sheet.graph && sheet.program.symbols.length > 0,
    Panel: later(async () => (await import('./curve/curve.js')).Curve),
  },
  {
    id: 'language',
    title: 'Serving',
    room: 'page',
    fits: (sheet) => sheet.language && withLedger(sheet),
    Panel: later(async () => (await import('./serving/serving.js')).Serving),
  },
  {
    id: 'training',
    title: 'Training',
    room: 'page',
    fits: withLedger,
    Panel: later(async () => (await import('./training/training.js')).TrainingStep),
  },
  {
    id: 'conventions',
    title: 'Conventions',
    room: 'page',
    fits: withLedger,
    Panel: later(async () => (await import('./conventions/conventions.js')).Conventions),
  },
  {
    id: 'measure',
    title: 'Measure',
    room: 'page',
    fits: (sheet) => sheet.model.format === 'onnx' && rereadable.value,
    Panel: later(async () => (await import('./measure/measure.js')).Measure),
  },
  {
    id: 'compare',
    title: 'Compare',
    room: 'page',
    Panel: later(async () => (await import('./compare/compare.js')).Compare),
  },
];
