import { signal } from '@preact/signals';
import type { PageModel } from '../../sheet.js';
import type { ViewEntry } from './view.js';

/** The tabs that there are: all of the page's, or those that a saved page has. */
export const tabs = signal<readonly ViewEntry[]>([]);

export function tabsOf(sheet: PageModel): readonly ViewEntry[] {
  return tabs.value.filter(({ fits }) => fits?.(sheet) !== false);
}

/** The view of that name where the model has it, else the first that it has. */
export function viewOf(id: string, sheet: PageModel): ViewEntry {
  const some = tabsOf(sheet);
  return some.find((entry) => entry.id === id) ?? (some[0] as ViewEntry);
}
