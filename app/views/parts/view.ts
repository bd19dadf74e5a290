// Parts that several views are made of: tables, axes, legends, dialogs, tabs. In: plain values and callbacks. Out: markup.
// Add: what a second view needs; what only one needs stays in its folder.
import type { Signal } from '@preact/signals';
import { type ComponentType, h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageModel } from '../../sheet.js';

/** A tab of a model: one file each, registered in `registry.ts`. */
export interface ViewEntry {
  /** As links have it. */
  readonly id: string;
  readonly title: string;
  /**
   * `drawing`: beside the table of layers and the inspector. `table`: that table itself, wide, beside the inspector. `page`:
   * the whole width is its own.
   */
  readonly room: 'drawing' | 'table' | 'page';
  /** Whether it draws modules zoomed to, and so has the path of modules above it. */
  readonly zooms?: true;
  /** Of a drawing with the common legend below it: what of a part stands for the count, and whether equal modules are one. */
  readonly size?: 'area' | 'height';
  readonly folds?: Signal<boolean>;
  /** Whether it has something to say of this model; everything has where this is left out. */
  readonly fits?: (sheet: PageModel) => boolean;
  readonly Panel: ComponentType;
}

/** A view that is fetched when it is first looked at; `meanwhile` is said until it is there. */
export function later(load: () => Promise<ComponentType>, meanwhile = 'Loading …'): ComponentType {
  let ready: ComponentType | null = null;
  return function Later() {
    const [Panel, setPanel] = useState<ComponentType | null>(() => ready);
    const [lost, setLost] = useState(false);
    useEffect(() => {
      if (ready !== null) return;
      let live = true;
      load().then(
        (loaded) => {
          ready = loaded;
          if (live) setPanel(() => loaded);
        },
        () => live && setLost(true),
      );
      return () => {
        live = false;
      };
    }, []);
    if (lost) return h('p', { class: 'nothing', role: 'alert' }, 'This view could not be loaded. Reload the page.');
    if (Panel !== null) return h(Panel, null);
    return meanwhile === '' ? null : h('p', { class: 'nothing', 'aria-busy': true }, meanwhile);
  };
}
