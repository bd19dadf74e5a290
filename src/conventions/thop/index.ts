import { type Dim, equal, mul, sub, sum } from '../../dim/index.js';
import type { Ledger, ModuleInfo, Note } from '../../ledger/index.js';
import { type Item, itemsOf, ownEntries } from '../items.js';
import type { Convention, ConventionOptions, ConventionResult } from '../types.js';
import {
  allParameters,
  distinctChildren,
  elements,
  parametersOf,
  standInNote,
  uncountedNote,
  unitOfCall,
} from '../units.js';
import { amount, countOperators, type LayerCount, resultOf } from './count.js';
import { located, type Rule } from './parts.js';
import { ruleOf } from './rules.js';

const WORDS =
  'Multiply-accumulates of convolutions and linear layers without bias, plus 4 per element of batch and layer norm, 1 per output of average pools, and formulas for softmax, upsampling and RNNs. Functional calls, matrix products and attention count 0. thop calls the sum MACs.';

/** thop of Lyken17: hooks on modules by exact class. */
export const thop: Convention = {
  id: 'thop',
  takesCustomOps: true,
  title: 'thop (Lyken17)',
  version: '0.1.1',
  source: 'thop/profile.py: profile; thop/vision/basic_hooks.py, calc_func.py; thop/rnn_hooks.py',
  description: WORDS,
  run(ledger, options = {}): ConventionResult {
    return ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
  },
};

function byModules(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const visits = countVisits(ledger.root.module);
  const layers = new Map<string, LayerCount>();
  const walked = new Map<ModuleInfo, number>();
  const rule = (m: ModuleInfo): Rule | undefined => ruleOf(m.type, options.customOps);
  const own = new Map<ModuleInfo, { items: readonly Item[]; params: Dim }>();
  const hooked = (m: ModuleInfo): { items: readonly Item[]; params: Dim } => {
    const known = own.get(m) ?? hook(m, rule(m));
    own.set(m, known);
    return known;
  };

  /** The parameters that it comes by; a module that is walked brings its operations, never its parameters. */
  const walk = (m: ModuleInfo, prefix: string): Dim => {
    walked.set(m, (walked.get(m) ?? 0) + 1);
    const params: Dim[] = [];
    for (const child of distinctChildren(m)) {
      const path = prefix === '' ? child.name : `${prefix}.${child.name}`;
      const stops = rule(child.module) !== undefined && child.module.type !== 'torch.nn.Sequential';
      const found = stops ? hooked(child.module).params : walk(child.module, path);
      if (stops) walked.set(child.module, (walked.get(child.module) ?? 0) + 1);
      const macs = mul(visits.get(child.module) ?? 1, amount(hooked(child.module).items));
      if (stops || child.module.children.length === 0) layers.set(path, { macs, params: found });
      params.push(found);
    }
    return sum(params);
  };
  const params = walk(ledger.root.module, '');

  // A module that is reached under several parents is hooked once for each, so that every call counts as often, and its
  // sum is added under each parent.
  const items = [...walked].flatMap(([m, times]) => {
    const once = hooked(m).items;
    const again = mul((visits.get(m) ?? 1) * times - 1, amount(once));
    return equal(again, 0) ? once : [...once, ...itemsOf('macs', { 'shared-again': again }, [], m.path)];
  });
  return resultOf(thop, items, params, layers, [...moduleNotes(ledger, visits, rule), ...paramNotes(ledger, params)]);
}

/** Findings of the hook on a module, each call once. */
function hook(m: ModuleInfo, rule: Rule | undefined): { items: readonly Item[]; params: Dim } {
  if (rule === undefined) return { items: [], params: 0 };
  const items = m.calls.flatMap((call) =>
    itemsOf('macs', rule(located('thop', unitOfCall(call))), ownEntries(call), m.path),
  );
  return { items, params: m.calls.length === 0 ? 0 : sum(elements(parametersOf(m))) };
}

function byOperators(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const { items, layers, used } = countOperators(ledger, (type) => ruleOf(type, options.customOps));
  return resultOf(thop, items, sum(elements(used)), layers, standInNote(ledger, 'thop'));
}

/** How often a walk over children, deduplicated only within one parent, comes to each module. */
function countVisits(root: ModuleInfo): Map<ModuleInfo, number> {
  const visits = new Map<ModuleInfo, number>();
  const visit = (m: ModuleInfo): void => {
    visits.set(m, (visits.get(m) ?? 0) + 1);
    for (const child of distinctChildren(m)) visit(child.module);
  };
  visit(root);
  return visits;
}

function moduleNotes(
  ledger: Ledger,
  visits: ReadonlyMap<ModuleInfo, number>,
  rule: (m: ModuleInfo) => Rule | undefined,
): Note[] {
  const notes: Note[] = [];
  notes.push(...uncountedNote('thop', visits.keys(), (m) => rule(m) !== undefined));
  const shared = [...visits].filter(([m, n]) => n > 1 && m.calls.length > 0 && rule(m) !== undefined);
  if (shared.length > 0)
    notes.push({
      code: 'shared-module',
      message: `modules under several parents are hooked once for each and summed under each: ${shared.map(([m, n]) => `${m.path} ×${n * n}`).join(', ')}`,
    });
  if (rule(ledger.root.module) !== undefined && ledger.root.module.children.length === 0)
    notes.push({ code: 'leaf-root', message: 'the model is a single layer: thop reports its parameters as 0' });
  return notes;
}

function paramNotes(ledger: Ledger, found: Dim): Note[] {
  const all = allParameters(ledger);
  const missing = sub(all, found);
  if (missing === 0) return [];
  return [
    {
      code: 'params-differ',
      message: `thop counts the parameters of modules that have a rule and ran; the model has ${String(all)}, a difference of ${String(missing)}`,
    },
  ];
}
