import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../state/client.js';
import type { ModuleGraph } from '../../state/graph.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { HEIGHT, PORT_HEIGHT, widthOf } from './geometry.js';

/** Places of the parts, worked out by the worker; null until they are there. */
export function useLayout(graph: ModuleGraph | null): GraphLayout | null {
  const [drawn, setDrawn] = useState<{ readonly graph: unknown; readonly layout: GraphLayout } | null>(null);
  useEffect(() => {
    if (graph === null) return;
    let live = true;
    const nodes = graph.parts.map((part) => ({
      id: part.id,
      width: widthOf(part),
      height: part.node === null ? PORT_HEIGHT : HEIGHT,
    }));
    ask({ kind: 'graph', nodes, edges: graph.edges }).then(
      (layout) => live && setDrawn({ graph, layout }),
      () => {},
    );
    return () => {
      live = false;
    };
  }, [graph]);
  return drawn?.graph === graph ? drawn.layout : null;
}
