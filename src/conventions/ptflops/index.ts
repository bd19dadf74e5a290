import { type Dim, equal, isStatic, mul, sum } from '../../dim/index.js';
import type { Ledger, ModuleCall, ModuleInfo, Note, NoteCode, OpEntry } from '../../ledger/index.js';
import { allEntries, countsOf, type Item, itemsOf, layersOf, ownEntries, type Parts, totalOf } from '../items.js';
import { spellingNote } from '../python-names.js';
import { as, type Rule } from '../thop/parts.js';
import type { Convention, ConventionOptions, ConventionResult } from '../types.js';
import {
  allParameters,
  distinctChildren,
  elements,
  modulesOf,
  shortName,
  standInNote,
  tallyNames,
  uncountedNote,
  unitOfEntry,
} from '../units.js';
import { functionParts } from './functions.js';
import { HOOKS, hookFailure, hookUnit } from './layers.js';

const WORDS =
  'Multiply-accumulates of convolutions, linear layers, RNNs and attention with bias, 2 per element of batch norm, 1 of layer norm, activations and pools; and once more for activations, pools, softmax, up-sampling, torch.matmul and torch.add called as functions, which layers themselves do: those count twice. `a @ b`, `a + b` and F.linear count 0. ptflops calls the sum MACs.';

/** ptflops with its default backend and with functions patched, as it is by default. */
export const ptflops: Convention = {
  id: 'ptflops',
  takesCustomOps: true,
  title: 'ptflops (pytorch backend)',
  version: '0.7.6 (d612c75)',
  source: 'ptflops/pytorch_engine.py: get_flops_pytorch, accumulate_flops; pytorch_ops.py',
  description: WORDS,
  run(ledger: Ledger, options: ConventionOptions = {}): ConventionResult {
    const found = ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
    const failure = failureOf(ledger);
    const items = failure === null ? found.items : [];
    return {
      id: ptflops.id,
      version: ptflops.version,
      title: ptflops.title,
      counts: failure === null ? countsOf(items, 'macs') : {},
      ...(failure === null ? {} : { failure }),
      units: { macs: 'mac' },
      items,
      params: sum(elements(ledger.weights.filter((w) => w.kind === 'parameter' && w.trainable !== false))),
      notes: [
        ...(failure === null ? [] : [failure]),
        ...standInNote(ledger, 'ptflops'),
        ...spellingNote(ledger, 'ptflops'),
        ...notesOf(ledger, found),
      ],
      layers: found.layers,
    };
  },
};

interface Found {
  readonly items: readonly Item[];
  readonly layers: ReadonlyMap<string, Readonly<Record<string, Dim>>>;
}

function ruleOf(m: ModuleInfo, options: ConventionOptions): Rule | undefined {
  const own = options.customOps?.[m.type];
  return own === undefined ? HOOKS[m.type] : as('custom', own);
}

/**
 * Hooks first: the sum goes down the tree under every name that a child has and stops at the first hooked module, whose
 * children it never asks. Then the functions, which know of no module.
 */
function byModules(ledger: Ledger, options: ConventionOptions): Found {
  const hooked = new Map<ModuleInfo, Item[]>();
  for (const m of modulesOf(ledger)) {
    const rule = ruleOf(m, options);
    if (rule !== undefined)
      hooked.set(
        m,
        m.calls.flatMap((call) => hookItems(m, call, rule)),
      );
  }
  const times = new Map<ModuleInfo, number>();
  const walk = (m: ModuleInfo): void => {
    if (hooked.has(m)) times.set(m, (times.get(m) ?? 0) + 1);
    else for (const child of distinctChildren(m)) walk(child.module);
  };
  walk(ledger.root.module);

  const items = [...times].flatMap(([m, n]) => {
    const once = hooked.get(m) ?? [];
    const again = mul(n - 1, sum(once.map((i) => i.amount)));
    return [...once, ...itemsOf('macs', { 'shared-again': again }, [], m.path), ...passedOver(m)];
  });
  const functions = ledger.entries.flatMap((entry) => functionItems(entry, hooked.has(entry.call.module)));
  return { items: [...items, ...functions], layers: layersOf([...hooked.values()].flat()) };
}

function hookItems(m: ModuleInfo, call: ModuleCall, rule: Rule): Item[] {
  const unit = hookUnit(call);
  if (hookFailure(unit) !== null) return [];
  return itemsOf('macs', rule(unit), ownEntries(call), m.path);
}

/** Layers below a hooked one: seen, and left out of the sum. */
function passedOver(m: ModuleInfo): Item[] {
  return m.calls.flatMap((call) => {
    const own = new Set(ownEntries(call));
    const below = allEntries(call).filter((e) => !own.has(e));
    return below.length === 0 ? [] : itemsOf('macs', { 'inside-a-layer': 0 }, below, m.path);
  });
}

function functionItems(entry: OpEntry, inHookedLayer: boolean): Item[] {
  if (entry.result.kind === 'gap') return [];
  const parts = functionParts(entry);
  if (parts === null) return [];
  const said: Parts = inHookedLayer ? { 'function-again': totalOf(parts) } : parts;
  return itemsOf('macs', said, [entry], entry.call.module.path);
}

/** Each operator as the layer that it would be, which its function counts again. */
function byOperators(ledger: Ledger, options: ConventionOptions): Found {
  const items = ledger.entries.flatMap((entry) => {
    const unit = unitOfEntry(entry);
    if (unit === null) return functionItems(entry, false);
    const own = options.customOps?.[unit.type];
    const rule = own === undefined ? HOOKS[unit.type] : as('custom', own);
    const hook = rule === undefined ? [] : itemsOf('macs', rule(unit), [entry], unit.path);
    return [...hook, ...functionItems(entry, rule !== undefined)];
  });
  return { items, layers: layersOf(items) };
}

/** Inputs are given by name, as ptflops needs for anything but one image; then a hook on the root has none to look at. */
function failureOf(ledger: Ledger): Note | null {
  if (ledger.modules !== 'exact') return null;
  const { module } = ledger.root;
  if (HOOKS[module.type] !== undefined)
    return {
      code: 'tool-fails',
      message: `ptflops stops with an IndexError on a model that is itself a ${shortName(module.type)} and gets its inputs by name`,
    };
  for (const m of modulesOf(ledger)) {
    if (HOOKS[m.type] === undefined) continue;
    for (const call of m.calls) {
      const why = hookFailure(hookUnit(call));
      if (why !== null) return { code: 'tool-fails', message: `ptflops stops with an IndexError at ${m.path}: ${why}` };
    }
  }
  return null;
}

function notesOf(ledger: Ledger, { items }: Found): Note[] {
  const notes: Note[] = [];
  const note = (code: NoteCode, message: string): void => {
    notes.push({ code, message });
  };
  const typesOf = (term: Item['term']): string =>
    tallyNames(
      items.filter((i) => i.term === term).flatMap((i) => (i.of[0] === undefined ? [] : [i.of[0].call.module.type])),
    );
  const twice = typesOf('function-again');
  if (twice !== '') note('counted-twice', `counted by the layer’s hook and again by the function within it: ${twice}`);
  const shared = items.filter((i) => i.term === 'shared-again').map((i) => i.path);
  if (shared.length > 0)
    note('shared-module', `modules under several parents are summed under each: ${shared.join(', ')}`);
  const inside = typesOf('inside-a-layer');
  if (inside !== '') note('inside-a-layer', `layers below a hooked module are left out of the sum: ${inside}`);
  if (ledger.modules === 'exact') {
    const heard = new Set(items.flatMap((i) => i.of));
    notes.push(
      ...uncountedNote(
        'ptflops',
        modulesOf(ledger),
        (m) => HOOKS[m.type] !== undefined || m.calls.some((c) => ownEntries(c).some((e) => heard.has(e))),
      ),
    );
  }
  const batch = ledger.inputs[0]?.value.type?.shape[0];
  if (batch !== undefined && !(isStatic(batch) && equal(batch, 1)))
    note(
      'whole-batch',
      'the sum of the whole batch, as ptflops prints for inputs by name; of one tensor by position it prints the sum divided by the batch',
    );
  const frozen = ledger.weights.filter((w) => w.kind === 'parameter' && w.trainable === false);
  if (frozen.length > 0)
    note(
      'params-differ',
      `ptflops counts parameters that require a gradient; the model has ${String(allParameters(ledger))}, ${frozen.length} tensors of them frozen`,
    );
  return notes;
}
