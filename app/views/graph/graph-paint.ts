import type { ModuleGraph, Part } from '../../state/graph.js';
import { chosenPaint, intensityPaint, type Paint, partPaint } from '../../state/paint.js';
import { className } from '../../ui/numbers.js';

/** By class, unless intensity was chosen: what a part is counts more here than how much of the model it takes. */
export function graphPaint(graph: ModuleGraph, value: Float64Array | null, heat: Float64Array): Paint<Part> {
  if (chosenPaint.value === 'intensity') return intensityOf(heat);
  const sums = new Map<string, number>();
  for (const { node, op, type } of graph.parts) {
    if (node === null) continue;
    // A part with none of the count has a colour too.
    const own = op === null ? (value?.[node] ?? 0) : 0;
    sums.set(className(type), (sums.get(className(type)) ?? 0) + own + Number.MIN_VALUE);
  }
  const paint = partPaint(sums, ({ type }: Part) => className(type));
  return paint.parts.length === 0 && chosenPaint.value === null ? intensityOf(heat) : paint;
}

/** Of single operators the intensity is not known: they have the colour of what moves data. */
function intensityOf(heat: Float64Array): Paint<Part> {
  const paint = intensityPaint(heat);
  return { ...paint, of: ({ node, op }) => (op === null && node !== null ? paint.of(node) : 'heat1') };
}
