import { shownData } from 'opcount';
import type { PageModel } from '../sheet.js';
import type { ToolPrints } from '../worker/protocol.js';
import { release } from './client.js';
import { bindings, type Loaded, model } from './model.js';
import { toolPrints } from './tools.js';
import { convention, focus, measureId, selected, view } from './view.js';

/**
 * A model as it is put into a file or a link: its counts as formulas, without weights and without the file that it came from.
 * All that is drawn can be drawn of it, at any size; what needs the file itself cannot.
 */
export interface Saved {
  readonly opcount: 1;
  readonly sheet: PageModel;
  readonly prints: ToolPrints | null;
  readonly sizes: Readonly<Record<string, number>>;
  readonly view: string;
  readonly by: string;
  readonly focus: number;
}

/** The state on show. */
export function savedOf(loaded: Loaded): Saved {
  const known = toolPrints.value;
  return {
    opcount: 1,
    sheet: loaded.sheet,
    prints: known !== null && known.of === loaded ? known.prints : null,
    sizes: Object.fromEntries(loaded.sheet.program.symbols.map(({ name }) => [name, bindings.value[name] ?? 1])),
    view: view.value,
    by: measureId.value,
    focus: focus.value,
  };
}

/** Shows it. Throws where it is not one. */
export function showSaved(value: unknown): void {
  const saved = checked(value);
  const loaded: Loaded = {
    sheet: saved.sheet,
    origin: { kind: 'saved' },
    inputs: {},
    given: {},
    refused: null,
  };
  release('a');
  bindings.value = saved.sizes;
  convention.value = 'exact';
  view.value = saved.view;
  measureId.value = saved.by;
  selected.value = null;
  focus.value = saved.focus;
  model.value = loaded;
  toolPrints.value = saved.prints === null ? null : { of: loaded, prints: saved.prints, at: saved.sizes };
}

/** A link is a stranger's: what is shown has the form of a model, and its texts hide nothing. */
function checked(value: unknown): Saved {
  const saved = shownData(value) as Saved;
  const { sheet, prints } = saved;
  const wrong = (): never => {
    throw new Error('this is not a model that opcount saved');
  };
  if (saved.opcount !== 1 || typeof sheet !== 'object' || sheet === null) wrong();
  const { nodes, ops, calls } = sheet;
  if (![nodes, ops, calls, sheet.edges, sheet.lifetimes, sheet.inputs, sheet.outputs, sheet.notes].every(Array.isArray))
    wrong();
  for (const [id, node] of nodes.entries()) {
    const tree =
      node.id === id && node.parent < id && node.children.every((child) => child > id && child < nodes.length);
    if (!tree || node.ops.some((op) => !(op >= 0 && op < ops.length))) wrong();
  }
  if (ops.some(({ node }) => !(node >= 0 && node < nodes.length))) wrong();
  if (calls.some(({ parent }, id) => !(parent < id))) wrong();
  if (Object.values(saved.sizes).some((n) => !Number.isSafeInteger(n) || n < 0)) wrong();
  if (prints !== null && !Array.isArray(prints.tools)) wrong();
  return { ...saved, focus: saved.focus >= 0 && saved.focus < nodes.length ? saved.focus : 0 };
}
