import type { ModuleGraph, Part } from '../../state/graph.js';
import { model } from '../../state/model.js';
import { focus, select, selected, selectedOp, zoomTo } from '../../state/view.js';

interface ToolsProps {
  readonly graph: ModuleGraph;
  /** The words that are searched for, and the parts that have them; null where nothing is searched for. */
  readonly words: string;
  readonly found: readonly Part[] | null;
  readonly onWords: (words: string) => void;
  /** Brings a part into sight. */
  readonly onGo: (part: number) => void;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
}

/** The search for parts, and what changes what is in sight. */
export function GraphTools({ graph, words, found, onWords, onGo, onZoom, onFit }: ToolsProps) {
  const above = model.value?.sheet.nodes[focus.value]?.parent ?? 0;
  return (
    <div class="graph-tools">
      <input
        type="search"
        class="filter"
        placeholder="find a part"
        aria-label="Find a part of the graph"
        value={words}
        onInput={(event) => onWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') goToNext(partsWith(graph, event.currentTarget.value), onGo);
        }}
      />
      {found !== null && (
        <span class="quiet" role="status">
          {found.length} of {graph.parts.length}
        </span>
      )}
      <button type="button" onClick={() => onZoom(1.3)} aria-label="Larger">
        +
      </button>
      <button type="button" onClick={() => onZoom(1 / 1.3)} aria-label="Smaller">
        −
      </button>
      <button type="button" onClick={onFit}>
        Fit
      </button>
      {focus.value !== 0 && (
        <button type="button" class="plain" onClick={() => zoomTo(above)}>
          the module around it
        </button>
      )}
    </div>
  );
}

/** The parts that have all of the words in their label or class. */
export function partsWith(graph: ModuleGraph, text: string): readonly Part[] {
  const words = text.trim().toLowerCase().split(/\s+/);
  return graph.parts.filter((part) => words.every((w) => `${part.label} ${part.type}`.toLowerCase().includes(w)));
}

/** Selects the hit after the one that is selected, and after the last one the first. */
function goToNext(hits: readonly Part[], onGo: (part: number) => void): void {
  const now = hits.findIndex((part) => part.node === selected.value && part.op === selectedOp.value);
  const next = hits[(now + 1) % hits.length];
  if (next === undefined) return;
  if (next.node !== null) select(next.node, next.op);
  onGo(next.id);
}
