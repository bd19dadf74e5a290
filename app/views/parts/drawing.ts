import { signal } from '@preact/signals';
import { intensities } from '../../state/intensities.js';
import { measure } from '../../state/measure.js';
import { model } from '../../state/model.js';
import { shape } from '../../state/shape.js';
import { focus, selected, zoomTo } from '../../state/view.js';
import { amount, className, percent, ratio } from '../../ui/numbers.js';

/** A node's name and its counts in two or three lines: for a pointer that rests on it, and for a screen reader. */
export function tipOf(id: number, copies = 1): string {
  const sheet = model.value?.sheet;
  const node = sheet?.nodes[id];
  const by = measure.value;
  if (sheet === undefined || node === undefined || by === null) return '';
  const value = by.nodes[id] ?? 0;
  const name =
    node.path === '' && node.parent < 0
      ? sheet.model.name
      : node.kind === 'op'
        ? `${node.path === '' ? '' : `${node.path}: `}${node.name}`
        : node.path;
  const intensity = intensities.value[id] ?? 0;
  return [
    `${name}  ${className(node.type)}${copies > 1 ? `, the first of ${copies} that are drawn as one` : ''}`,
    `${amount(value, by.unit)} ${by.label}, ${percent(value, by.total)} of ${by.partial ? 'what is known' : 'the model'}`,
    ...(intensity > 0 ? [`${ratio(intensity)} FLOPs a byte`] : []),
    ...(node.output === null ? [] : [`out ${shape(node.output)}`]),
    ...(node.unknown > 0 ? [`${node.unknown} operators in it are not counted`] : []),
  ].join('\n');
}

/** The part under the pointer, and where that is on the page. */
export const hovered = signal<{ readonly text: string; readonly x: number; readonly y: number } | null>(null);

/** The shape of a part that is under the pointer. */
function tileOf(event: Event): Element | null {
  return (event.target as Element).closest('[data-id]');
}

export function pick(event: Event): number | null {
  const own = tileOf(event)?.getAttribute('data-id');
  return own == null ? null : Number(own);
}

/** Of a drawing whose shapes carry `data-id`, and `data-copies` where they stand for several equal modules. */
export const tips = {
  onPointerMove: (event: PointerEvent): void => {
    const hit = event.pointerType === 'touch' ? null : pick(event);
    const copies = Number(tileOf(event)?.getAttribute('data-copies') ?? 1);
    hovered.value = hit === null ? null : { text: tipOf(hit, copies), x: event.clientX, y: event.clientY };
  },
  onPointerLeave: (): void => {
    hovered.value = null;
  },
};

interface Steps {
  readonly id: number | null;
  /** Node ids in the order in which arrow keys go through them. */
  readonly tiles: readonly number[];
}

/** Pointer and keys of a drawing whose shapes carry `data-id`: click selects, a second click or Enter zooms in, Backspace out. */
export function drawingEvents(label: string, steps: Steps) {
  return {
    tabIndex: 0,
    role: 'application' as const,
    'aria-roledescription': 'drawing',
    'aria-label': `${label}. Arrow keys go from part to part, Enter zooms in, Backspace zooms out. The table holds the same numbers.`,
    ...tips,
    onClick: (event: MouseEvent): void => {
      const hit = pick(event);
      if (hit !== null) selected.value = hit;
    },
    onDblClick: (event: MouseEvent): void => {
      const hit = pick(event);
      if (hit !== null) zoomTo(hit);
    },
    onKeyDown: (event: KeyboardEvent): void => {
      const move = moveOf(event.key, steps);
      if (move === null) return;
      event.preventDefault();
      move();
    },
  };
}

/** The action of a key in a drawing; null for keys that do nothing. */
function moveOf(key: string, { id, tiles }: Steps): (() => void) | null {
  const at = id === null ? -1 : tiles.indexOf(id);
  const go = (to: number) => (): void => {
    const next = tiles[Math.max(0, Math.min(tiles.length - 1, to))];
    if (next !== undefined) selected.value = next;
  };
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return go(at - 1);
    case 'Home':
      return go(0);
    case 'End':
      return go(tiles.length - 1);
    case 'Enter':
      return () => {
        if (id !== null) zoomTo(id);
      };
    case 'Backspace':
    case 'Escape':
      return zoomOut;
    default:
      return null;
  }
}

function zoomOut(): void {
  const parent = model.value?.sheet.nodes[focus.value]?.parent ?? -1;
  if (parent >= 0) focus.value = parent;
}
