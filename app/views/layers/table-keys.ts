import { model } from '../../state/model.js';
import { type Line, toggle } from '../../state/table.js';
import { zoomTo } from '../../state/view.js';

/** Keys of a tree grid: arrows, pages and ends move the selection, left and right close and open, Enter zooms in. */
export function onTableKey(
  event: KeyboardEvent,
  all: readonly Line[],
  at: number,
  page: number,
  choose: (line: Line) => void,
): void {
  const go = (to: number): void => {
    const line = all[Math.max(0, Math.min(all.length - 1, to))];
    if (line !== undefined) choose(line);
  };
  const line = all[at];
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at < 0 ? 0 : at - 1),
    PageDown: () => go(at + page),
    PageUp: () => go(at - page),
    Home: () => go(0),
    End: () => go(all.length - 1),
    Enter: () => line !== undefined && zoomTo(line.id),
    ArrowRight: () => {
      if (line?.kind !== 'node' || !line.parts) return;
      if (line.open) go(at + 1);
      else toggle(line.id);
    },
    ArrowLeft: () => {
      if (line?.kind !== 'node') return;
      if (line.parts && line.open) toggle(line.id);
      else go(parentOf(all, line.id) ?? at);
    },
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move();
}

/** The line of the module that a node stands in; null where it has none, as under a filter. */
function parentOf(all: readonly Line[], id: number): number | null {
  const parent = model.value?.sheet.nodes[id]?.parent ?? -1;
  const at = all.findIndex((line) => line.id === parent);
  return at < 0 ? null : at;
}
