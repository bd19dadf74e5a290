import { useEffect, useRef } from 'preact/hooks';
import type { GraphLayout } from '../../worker/protocol.js';

const [NEAREST, FARTHEST] = [2.5, 0.02];

/** The visible stretch of a drawing: its point at the upper left, and pixels for each of its units. */
export interface Sight {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Smaller than this, text is a strain to read. */
const READABLE = 0.85;

/** All of it where that can be read, else its beginning: the widest part of it that can, around the first boxes. */
export function start(layout: GraphLayout, width: number, height: number): Sight {
  const whole = fitted(layout, width, height);
  if (whole.scale >= READABLE) return whole;
  const scale = Math.max(READABLE, Math.min(1, (width - 8) / layout.width));
  const [w, most] = [width / scale, Math.max(0, layout.width - width / scale)];
  if (most === 0) return { x: (layout.width - w) / 2, y: 0, scale };
  const top = Math.min(...layout.boxes.map(({ y }) => y));
  const first = layout.boxes.filter(({ y }) => y < top + 1);
  const middle = first.reduce((sum, { x }) => sum + x, 0) / first.length;
  return { x: Math.max(0, Math.min(most, middle - w / 2)), y: 0, scale };
}

export function fitted(layout: GraphLayout, width: number, height: number): Sight {
  const scale = Math.max(FARTHEST, Math.min(1.15, (width - 8) / layout.width, (height - 8) / layout.height));
  return { x: (layout.width - width / scale) / 2, y: (layout.height - height / scale) / 2, scale };
}

export function zoomed(sight: Sight, by: number, px: number, py: number): Sight {
  const scale = Math.max(FARTHEST, Math.min(NEAREST, sight.scale * by));
  return { x: sight.x + px / sight.scale - px / scale, y: sight.y + py / sight.scale - py / scale, scale };
}

/** With that point of the graph in the middle. */
export function centred(
  point: { readonly x: number; readonly y: number },
  scale: number,
  width: number,
  height: number,
): Sight {
  return { x: point.x - width / 2 / scale, y: point.y - height / 2 / scale, scale };
}

/** Whether some of the graph is out of sight at that scale. */
export function overflows(layout: GraphLayout, { scale }: Sight, width: number, height: number): boolean {
  return layout.width * scale > width || layout.height * scale > height;
}

/** Dragging moves, the wheel zooms to where the pointer is. */
export function usePan(ref: { current: HTMLDivElement | null }, sight: Sight, setSight: (sight: Sight) => void) {
  const from = useRef<{ readonly x: number; readonly y: number; readonly sight: Sight } | null>(null);
  const now = useRef(sight);
  now.current = sight;
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = box.getBoundingClientRect();
      setSight(zoomed(now.current, Math.exp(-event.deltaY * 0.0016), event.clientX - left, event.clientY - top));
    };
    box.addEventListener('wheel', wheel, { passive: false });
    return () => box.removeEventListener('wheel', wheel);
  }, [ref, setSight]);
  return {
    onPointerDown: (event: PointerEvent): void => {
      from.current = { x: event.clientX, y: event.clientY, sight };
    },
    onPointerMoveCapture: (event: PointerEvent): void => {
      const begin = from.current;
      if (begin === null || event.buttons !== 1) return;
      const [dx, dy] = [event.clientX - begin.x, event.clientY - begin.y];
      if (Math.abs(dx) + Math.abs(dy) < 4) return;
      const { scale } = begin.sight;
      setSight({ x: begin.sight.x - dx / scale, y: begin.sight.y - dy / scale, scale });
    },
    onPointerUp: (): void => {
      from.current = null;
    },
  };
}
