import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo } from 'preact/hooks';

/** Height of a row in pixels. */
export const ROW = 28;
/** Height of the line of titles, which stays while the rows scroll under it. */
export const HEAD = 30;
/** Rows drawn beyond each edge: scrolling shows them before the page has run. */
const SPARE = 6;
/** Milliseconds without a scroll after which the order of rows is told again. */
const REST = 150;

/** The few rows that stand for all lines of a list that scrolls. */
export interface RowWindow {
  /** The line that each row shows. A row that leaves at one edge comes in again at the other, with its elements. */
  readonly rows: ReadonlySignal<readonly ReadonlySignal<number>[]>;
  /** For `aria-owns`: the rows in the order of their lines; undefined while they scroll. */
  readonly order: ReadonlySignal<string | undefined>;
  /** Lines that are in sight at once. */
  page(): number;
  /** Scrolls as little as brings a line into sight. */
  reveal(line: number): void;
}

export function rowId(line: number): string {
  return `row-${line}`;
}

/** Rows of one height in an element that scrolls, below a line of titles. */
export function useRowWindow(scroller: RefObject<HTMLElement | null>): RowWindow {
  const rows = useMemo(() => signal<readonly Signal<number>[]>([]), []);
  const order = useMemo(() => signal<string | undefined>(undefined), []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const place = (): void => {
      const first = Math.max(0, Math.floor(element.scrollTop / ROW) - SPARE);
      const wanted = Math.ceil(roomOf(element) / ROW) + 1 + 2 * SPARE;
      batch(() => {
        if (wanted !== rows.peek().length) rows.value = Array.from({ length: wanted }, (_, i) => signal(i));
        const all = rows.peek();
        for (let line = first; line < first + all.length; line++)
          (all[line % all.length] as Signal<number>).value = line;
        order.value = undefined;
      });
      clearTimeout(rest);
      rest = setTimeout(() => {
        order.value = Array.from(rows.peek(), (_, i) => rowId(first + i)).join(' ');
      }, REST);
    };
    place();
    element.addEventListener('scroll', place, { passive: true });
    const observer = new ResizeObserver(place);
    observer.observe(element);
    return () => {
      clearTimeout(rest);
      element.removeEventListener('scroll', place);
      observer.disconnect();
    };
  }, [scroller]);
  return useMemo(
    () => ({
      rows,
      order,
      page: () => Math.max(1, Math.floor(roomOf(scroller.current) / ROW) - 1),
      reveal: (line) => {
        const element = scroller.current;
        if (element === null) return;
        const lowest = (line + 1) * ROW - roomOf(element);
        element.scrollTop = Math.min(line * ROW, Math.max(lowest, element.scrollTop));
      },
    }),
    [scroller],
  );
}

/** The height that rows have of it. */
function roomOf(element: HTMLElement | null): number {
  return Math.max(0, (element?.clientHeight ?? 0) - HEAD);
}
