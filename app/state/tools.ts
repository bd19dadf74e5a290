import { computed, signal } from '@preact/signals';
import { runDims } from 'opcount/ledger';
import type { ToolPrint, ToolPrints } from '../worker/protocol.js';
import { ask, messageOf } from './client.js';
import { bindings, type Loaded, model } from './model.js';

/** The numbers that each tool prints for the model on show; null while they are worked out, and where nobody asked. */
export const toolPrints = signal<{
  readonly of: Loaded;
  readonly prints: ToolPrints;
  /** The sizes that those tools were asked at which look at numbers. */
  readonly at: Readonly<Record<string, number>>;
} | null>(null);

/** Why they could not be worked out for that model. */
export const toolsFailure = signal<{ readonly of: Loaded; readonly why: string } | null>(null);

/** Beyond this many operators the tools are asked only when somebody wants to know. */
export const MANY_OPERATORS = 4000;

let asked = 0;
export async function refreshTools(): Promise<void> {
  const mine = ++asked;
  const loaded = model.peek();
  toolsFailure.value = null;
  if (loaded === null || !loaded.sheet.graph) {
    toolPrints.value = null;
    return;
  }
  try {
    const at = bindings.peek();
    const prints = await ask({ kind: 'tools', slot: 'a', bind: at });
    if (mine === asked && model.peek() === loaded) toolPrints.value = { of: loaded, prints, at };
  } catch (error) {
    if (mine === asked && model.peek() === loaded) toolsFailure.value = { of: loaded, why: messageOf(error) };
  }
}

export interface PrintedCount {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

export interface PrintedTool extends ToolPrint {
  readonly printed: readonly PrintedCount[];
}

/** At the present sizes. */
export const printed = computed((): readonly PrintedTool[] => {
  const known = toolPrints.value;
  if (known === null || known.of !== model.value) return [];
  const { program, tools } = known.prints;
  const at = runDims(
    program,
    program.symbols.map(({ name }) => bindings.value[name] ?? known.of.sheet.sizes[name]?.size ?? 1),
  );
  return tools.map((tool) => ({
    ...tool,
    printed: tool.counts.map(({ name, unit, ref }) => ({ name, unit, value: at[ref] ?? 0 })),
  }));
});
