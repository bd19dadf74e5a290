import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../state/client.js';
import type { ModuleGraph } from '../../state/graph.js';
import type { GraphLayout } from '../../worker/protocol.js';
import { HEIGHT, PORT_HEIGHT, widthOf } from './geometry.js';

interface Drawn {
  readonly graph: ModuleGraph;
  readonly layout: GraphLayout | null;
  readonly wrong: string | null;
}

/** Places of the parts, worked out by the worker; both null until they are there, or cannot be. */
export function useLayout(graph: ModuleGraph): Pick<Drawn, 'layout' | 'wrong'> {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    let live = true;
    const nodes = graph.parts.map((part) => ({
      id: part.id,
      width: widthOf(part),
      height: part.node === null ? PORT_HEIGHT : HEIGHT,
    }));
    ask({ kind: 'graph', nodes, edges: graph.edges }).then(
      (layout) => live && setDrawn({ graph, layout, wrong: null }),
      (error) => live && setDrawn({ graph, layout: null, wrong: messageOf(error) }),
    );
    return () => {
      live = false;
    };
  }, [graph]);
  return drawn?.graph === graph ? drawn : { layout: null, wrong: null };
}
