import { add, equal, mul, sum } from '../dim/index.js';
import type { Ledger, ModuleInfo, Note, NoteCode, OpEntry } from '../ledger/index.js';
import { einsumNotes } from './einsum-cost.js';
import { type Item, itemsOf } from './items.js';
import { computes, groupsOf, hasBias, inputShape, placeOf, repeated } from './operands.js';
import type { Amounts, FunctionRule } from './patched-functions.js';
import { namesOf } from './python-names.js';
import type { TermId } from './terms.js';
import { distinctChildren, modulesOf, tallyNames } from './units.js';

/** Per step and row: of each sum of n products n multiplications and n − 1 additions, biases, and the gates' arithmetic. */
function recurrent(e: OpEntry): Amounts {
  const kind = e.op.replace('_cell', '');
  const h = e.attrs.hidden_size ?? 0;
  const gates = (kind === 'lstm' ? 4 : kind === 'gru' ? 3 : 1) * h;
  const state = e.attrs.proj_size || h;
  const directions = e.attrs.bidirectional === true ? 2 : 1;
  const layers = e.attrs.num_layers ?? 1;
  const widths = Array.from({ length: layers }, (_, i) => (i === 0 ? (e.attrs.input_size ?? 0) : state * directions));
  // The first two extents of the input, whatever they are; of a cell the first.
  const shape = inputShape(e);
  const rows = mul(directions, shape[0] ?? 1, e.op === kind ? (shape[1] ?? 1) : 1);
  const own = kind === 'lstm' ? 10 * h : kind === 'gru' ? 7 * h : h;
  return {
    flops: {
      recurrent: mul(rows, 2, sum(widths.map((w) => mul(gates, add(w, state))))),
      'first-addition': mul(rows, layers, -2 * gates),
      gates: mul(rows, layers, own),
      ...(hasBias(e) ? { bias: mul(rows, layers, 2 * gates) } : {}),
    },
    macs: {},
  };
}
const RECURRENT = new Set(['RNN', 'GRU', 'LSTM', 'RNNCell', 'GRUCell', 'LSTMCell'].map((n) => `torch.nn.${n}`));
const isRecurrent = (e: OpEntry): boolean => /^(rnn_tanh|rnn_relu|gru|lstm)(_cell)?$/.test(e.op);

/** The items of both counts, and the operators that compute unseen. */
export function countFunctions(
  ledger: Ledger,
  rules: Readonly<Record<string, FunctionRule>>,
): { readonly items: readonly Item[]; readonly unseen: readonly OpEntry[] } {
  const exact = ledger.modules === 'exact';
  const places = exact ? placesOf(ledger) : null;
  const items: Item[] = [];
  const unseen: OpEntry[] = [];
  for (const entry of ledger.entries) {
    if (entry.result.kind === 'gap') continue;
    // Recurrent layers are counted by a hook on the layer; what is called inside them is not looked at.
    const hooked = exact ? RECURRENT.has(entry.call.module.type) : isRecurrent(entry);
    const found = hooked
      ? isRecurrent(entry)
        ? [recurrent(entry)]
        : []
      : namesOf(entry).flatMap((n) => rules[n]?.(entry) ?? []);
    if (found.length === 0 && computes(entry)) unseen.push(entry);
    const again = (places?.get(entry.call.module) ?? 1) - 1;
    for (const amounts of found)
      for (const count of ['flops', 'macs'] as const) {
        const parts = repeated(entry, amounts[count]);
        items.push(...itemsOf(count, parts, [entry], placeOf(ledger, entry)));
        if (again > 0)
          items.push(...itemsOf(count, { 'shared-again': mul(again, sum(Object.values(parts))) }, [entry], ''));
      }
  }
  return { items, unseen };
}

/**
 * At how many places of the tree a module hangs: sums over children meet a shared one at each. A file may show only the
 * first; but who calls a module without being above it has it among its own children.
 */
function placesOf(ledger: Ledger): Map<ModuleInfo, number> {
  const parents = new Map<ModuleInfo, Set<ModuleInfo>>();
  const modules = modulesOf(ledger);
  for (const m of modules) for (const child of distinctChildren(m)) parentsOf(child.module).add(m);
  for (const m of modules)
    for (const { parent } of m.calls)
      if (parent !== null && !isAbove(parent.module, m, parents)) parentsOf(m).add(parent.module);
  const places = new Map<ModuleInfo, number>([[ledger.root.module, 1]]);
  const count = (m: ModuleInfo): number => {
    const known = places.get(m);
    if (known !== undefined) return known;
    places.set(m, 0); // a module below itself is nobody's child
    const total = [...parentsOf(m)].reduce((n, parent) => n + count(parent), 0);
    places.set(m, total);
    return total;
  };
  for (const m of modules) count(m);
  // One activation for all convolutions, held by their class: a file that names modules by paths shows as many as there are.
  const held = [...modules].filter(holdsForAll).flatMap((m) => m.children.filter((c) => c.name === 'act'));
  const acts = new Set(held.map((c) => c.module).filter((m) => m.type === 'torch.nn.SiLU'));
  const everywhere = [...acts].reduce((n, m) => n + count(m), 0);
  for (const act of acts) places.set(act, everywhere);
  return places;

  function parentsOf(m: ModuleInfo): Set<ModuleInfo> {
    const found = parents.get(m) ?? new Set();
    parents.set(m, found);
    return found;
  }
}

/** YOLO's convolutions of v5 and after: `default_act = nn.SiLU()` is in the class. */
function holdsForAll(m: ModuleInfo): boolean {
  return /^(models\.common|ultralytics\.nn\.modules\.conv)\.(DW)?Conv$/.test(m.type);
}

function isAbove(
  upper: ModuleInfo,
  lower: ModuleInfo,
  parents: ReadonlyMap<ModuleInfo, ReadonlySet<ModuleInfo>>,
): boolean {
  const seen = new Set<ModuleInfo>();
  const stack = [lower];
  for (let m = stack.pop(); m !== undefined; m = stack.pop()) {
    if (m === upper) return true;
    if (seen.has(m)) continue;
    seen.add(m);
    for (const parent of parents.get(m) ?? []) stack.push(parent);
  }
  return false;
}

/** Notes that both tools share. */
export function functionNotes(tool: string, unseen: readonly OpEntry[], items: readonly Item[]): Note[] {
  const notes: Note[] = [];
  if (unseen.length > 0)
    notes.push({
      code: 'silent-zero',
      message: `operators that ${tool} does not see, counted as 0: ${tallyNames(unseen.map((e) => e.op))}`,
    });
  const shared = new Set(items.flatMap((i) => (i.term === 'shared-again' ? i.of.map((e) => e.call.module) : [])));
  if (shared.size > 0)
    notes.push({
      code: 'shared-again',
      message: `layers that hang at several places of the tree are added up at each: ${tallyNames([...shared].map((m) => m.type))}`,
    });
  notes.push(...einsumNotes(items));
  for (const [code, term, message] of QUIRKS) if (items.some((i) => i.term === term)) notes.push({ code, message });
  return notes;
}

const QUIRKS: readonly (readonly [code: NoteCode, term: TermId, message: string])[] = [
  ['grouped-transposed', 'grouped', 'grouped transposed convolutions are divided by their groups twice'],
  [
    'same-padding',
    'output-size',
    'convolutions with padding="same" and an even kernel are given an output one too small',
  ],
  ['vector-operand', 'broadcast', 'a matrix times a vector is counted as if the vector were a square matrix'],
  ['recurrent-flops-only', 'gates', 'recurrent layers add to the FLOPs, not to the MACs'],
];

/** Why the tools stop on a model: a convolution whose input has no batch axis fails an assertion. */
export function assertionFailure(ledger: Ledger, tool: string): Note | null {
  const fits = (e: OpEntry): boolean => equal(inputShape(e)[1] ?? 1, mul(inputShape(e, 1)[1] ?? 1, groupsOf(e)));
  const entry = ledger.entries.find((e) => e.op === 'conv' && !fits(e));
  if (entry === undefined) return null;
  return {
    code: 'tool-fails',
    message: `${tool} asserts that the second extent of a convolution's input is its channels; ${placeOf(ledger, entry) || 'the model'} gets an input without a batch`,
  };
}
