import type { ComponentType } from 'preact';
import type { PageModel } from '../sheet.js';
import { folds } from '../state/view.js';
import { LayerTable } from './layers/table.js';
import { Icicle } from './maps/icicle.js';
import { Treemap } from './maps/treemap.js';
import type { ViewEntry } from './parts/view.js';

/** Drawings that one page loads when they are asked for, and the other has in itself. */
interface Heavy {
  readonly Memory: ComponentType;
  readonly Roofline: ComponentType;
  readonly Graph: ComponentType;
}

/** The tabs that need nothing but the counts: those of a page that was saved as one file, and the first ones of any. */
export function countViews({ Memory, Roofline, Graph }: Heavy): readonly ViewEntry[] {
  const fits = (sheet: PageModel): boolean => sheet.graph;
  return [
    { id: 'layers', title: 'Layers', room: 'table', Panel: LayerTable },
    {
      id: 'treemap',
      title: 'Treemap',
      room: 'drawing',
      zooms: true,
      size: 'area',
      folds: folds.treemap,
      Panel: Treemap,
    },
    { id: 'icicle', title: 'Icicle', room: 'drawing', zooms: true, size: 'height', folds: folds.icicle, Panel: Icicle },
    { id: 'memory', title: 'Memory', room: 'drawing', fits, Panel: Memory },
    { id: 'roofline', title: 'Roofline', room: 'drawing', fits, Panel: Roofline },
    { id: 'graph', title: 'Graph', room: 'drawing', zooms: true, fits, Panel: Graph },
  ];
}
