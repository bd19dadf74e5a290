import type { Dict, Instance, List, Scope, ScriptValue, Tensor } from './data.js';
import type { Budget } from './limits.js';

/** State that changes while code runs. */
export type Cell = List | Dict | Instance | Tensor | Scope;
type Content =
  | ScriptValue[]
  | Map<string, ScriptValue>
  | Map<string, readonly [ScriptValue, ScriptValue]>
  | Tensor['value'];

/** Earlier contents of the cells that have changed. */
export type Snapshot = ReadonlyMap<Cell, Content>;

/** Remembers what changes, so that code can be tried and taken back: both arms of an `if`, the first round of a loop. */
export class Heap {
  readonly #open: Map<Cell, Content>[] = [];
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** To be called before a cell changes. */
  touch(cell: Cell): void {
    const log = this.#open.at(-1);
    if (log !== undefined && !log.has(cell)) log.set(cell, this.#copy(cell));
  }

  /** Runs, takes back every change, and gives what the changed cells held before and afterwards. */
  trial<T>(run: () => T): { readonly result: T; readonly before: Snapshot; readonly after: Snapshot } {
    const before = new Map<Cell, Content>();
    this.#open.push(before);
    try {
      const result = run();
      return { result, before, after: new Map([...before.keys()].map((cell) => [cell, this.#copy(cell)])) };
    } finally {
      this.#open.pop();
      for (const [cell, content] of before) {
        // A trial within a trial restores the contents that the outer one started from.
        put(cell, content);
      }
    }
  }

  /** Puts contents in place: those of a trial that is to be kept. */
  restore(snapshot: Snapshot): void {
    for (const [cell, content] of snapshot) {
      this.touch(cell);
      put(cell, content);
    }
  }

  #copy(cell: Cell): Content {
    const content = contentOf(cell);
    this.#budget.reads(Array.isArray(content) ? content.length : content instanceof Map ? content.size : 1);
    return copyOf(content);
  }

  set(cell: Cell, content: Content): void {
    this.touch(cell);
    put(cell, content);
  }
}

export function contentOf(cell: Cell): Content {
  switch (cell.kind) {
    case 'list':
      return cell.items;
    case 'dict':
      return cell.entries;
    case 'object':
      return cell.fields;
    case 'scope':
      return cell.names;
    case 'tensor':
      return cell.value;
  }
}

function copyOf(content: Content): Content {
  if (Array.isArray(content)) return [...content];
  return content instanceof Map ? (new Map<string, unknown>(content) as Content) : content;
}

/** Contents are copied once more: what is put in place will be changed, and a snapshot may be used again. */
function put(cell: Cell, content: Content): void {
  switch (cell.kind) {
    case 'list':
      cell.items = [...(content as ScriptValue[])];
      break;
    case 'dict':
      cell.entries = new Map(content as Dict['entries']);
      break;
    case 'object':
      cell.fields = new Map(content as Instance['fields']);
      break;
    case 'scope':
      cell.names = new Map(content as Scope['names']);
      break;
    case 'tensor':
      cell.value = content as Tensor['value'];
  }
}
