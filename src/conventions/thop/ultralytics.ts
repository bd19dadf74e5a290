import { sum } from '../../dim/index.js';
import type { Ledger, ModuleCall, ModuleInfo } from '../../ledger/index.js';
import { attentionSizes } from '../attention-parts.js';
import { type Item, itemsOf, ownEntries } from '../items.js';
import type { Convention, ConventionOptions, ConventionResult } from '../types.js';
import { allParameters, elements, modulesOf, standInNote, uncountedNote, unitOfCall } from '../units.js';
import { amount, countOperators, type LayerCount, resultOf } from './count.js';
import { type HookUnit, located, type Rule, zero } from './parts.js';
import { ruleOf } from './ultralytics-rules.js';

const WORDS =
  'Multiply-accumulates of convolutions, linear layers and multi-head attention without bias, plus 4 per element of norms with a scale (2 without), the adds and divisions of average pools, and formulas for softmax, upsampling and RNNs. Functional calls and other activations count 0. The tool calls the sum MACs.';

/** thop of Ultralytics: hooks on modules by class and base classes. */
export const ultralyticsThop: Convention = {
  id: 'ultralytics-thop',
  takesCustomOps: true,
  title: 'thop (Ultralytics)',
  version: '2.1.6',
  source: 'thop/profile.py: profile, register_hooks; thop/vision/basic_hooks.py, calc_func.py; thop/rnn_hooks.py',
  description: WORDS,
  run(ledger, options = {}): ConventionResult {
    return ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
  },
};

function byModules(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const layers = new Map<string, LayerCount>();
  const items: Item[] = [];
  const modules = modulesOf(ledger);
  const rule = (m: ModuleInfo): Rule | undefined => ruleOf(m.classHierarchy, options.customOps);
  // Each module once, with all of its calls, however many parents it has.
  for (const m of modules) {
    const count = rule(m);
    if (count === undefined || count === zero) continue;
    const found = m.calls.flatMap((call) =>
      itemsOf('macs', count(located('ultralytics-thop', unitOf(call))), ownEntries(call), m.path),
    );
    const own = m.weights.filter((w) => w.weight.kind === 'parameter').map((w) => w.weight);
    layers.set(m.path, { macs: amount(found), params: sum(elements(new Set(own))) });
    items.push(...found);
  }
  return resultOf(
    ultralyticsThop,
    items,
    allParameters(ledger),
    layers,
    uncountedNote('ultralytics-thop', modules, (m) => rule(m) !== undefined),
  );
}

/**
 * A call as a hook sees it: the module's own fields beside the arguments of its operators, the one that it is named after
 * before the others (softmin negates, then takes a softmax).
 */
function unitOf(call: ModuleCall): HookUnit {
  const unit = unitOfCall(call);
  const others = Object.assign({}, ...ownEntries(call).map((entry) => entry.attrs));
  const attention = unit.type.endsWith('MultiheadAttention') ? { attention: attentionSizes(call) } : {};
  return { ...unit, attrs: { ...call.module.attrs, ...others, ...unit.attrs }, ...attention };
}

function byOperators(ledger: Ledger, options: ConventionOptions): ConventionResult {
  const { items, layers } = countOperators(ledger, (type) => ruleOf([type], options.customOps));
  return resultOf(ultralyticsThop, items, allParameters(ledger), layers, standInNote(ledger, 'ultralytics-thop'));
}
