import type { Ledger, ModuleInfo, Note } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import type { Shape } from '../../tensor/index.js';

/**
 * Layers that do nothing at inference (Identity, stochastic depth) leave no operator behind, and a file of operators does
 * not say that they were called; torchstat counts the memory of what they pass on. Such a layer is taken to be called once
 * where the layer before it is, and to pass on what that one gives.
 */
export function noOpLayers(ledger: Ledger): ReadonlyMap<ModuleInfo, Shape> {
  const idle = new Map<ModuleInfo, Shape>();
  // Readers that know calls themselves record those of idle layers too; this one infers classes from what operators tell.
  if (ledger.classes !== 'inferred') return idle;
  const seen = new Set<ModuleInfo>();
  const visit = (parent: ModuleInfo): void => {
    if (seen.has(parent)) return;
    seen.add(parent);
    for (const [i, { name, module }] of parent.children.entries()) {
      if (isIdle(module) && !seen.has(module) && isCalledIn(parent, name)) {
        const shape = givenTo(parent, i);
        if (shape !== null) idle.set(module, shape);
      }
      visit(module);
    }
  };
  visit(ledger.root.module);
  return idle;
}

function isIdle(m: ModuleInfo): boolean {
  return m.children.length === 0 && m.weights.length === 0 && m.calls.length === 0;
}

/** Branches that a library's class has, and goes by, if it has no stride. */
const UNUSED: Readonly<Record<string, string>> = byName({
  'torchvision.models.shufflenetv2.InvertedResidual': 'branch1',
});

/** Stochastic depth only has a part where a module adds its input to its output; dropped attention is within the kernel. */
function isCalledIn(parent: ModuleInfo, name: string): boolean {
  const call = parent.calls.at(-1);
  if (call === undefined || UNUSED[parent.type] === name || name === 'attn_drop') return false;
  if (!/drop_path|stochastic_depth/.test(name)) return true;
  return call.steps.some((s) => s.kind === 'op' && s.entry.op === 'add');
}

/** The output of the nearest layer before, or the input of the model. */
function givenTo(parent: ModuleInfo, index: number): Shape | null {
  const before = parent.children
    .slice(0, index)
    .reverse()
    .find((c) => c.module.calls.length > 0);
  const type = before?.module.calls.at(-1)?.outputs[0] ?? parent.calls.at(-1)?.inputs[0];
  return type?.shape ?? null;
}

export function idleNote(idle: ReadonlyMap<ModuleInfo, Shape>): Note[] {
  if (idle.size === 0) return [];
  return [
    {
      code: 'idle-layers',
      message: `${idle.size} layers that do nothing at inference leave no trace in the file: for torchstat's memory each is taken to pass on what the layer before it gives`,
    },
  ];
}
