import { add, type Dim, equal, mul, sum } from '../dim/index.js';
import type { Ledger, ModuleInfo, Note, OpEntry } from '../trace/index.js';
import { type Item, itemsOf } from './items.js';
import { attr, computes, groupsOf, hasBias, into, placeOf, repeated } from './operands.js';
import type { Amounts, FunctionRule } from './patched-functions.js';
import { namesOf } from './python-names.js';
import type { TermId } from './terms.js';
import { distinctChildren, modulesOf, tallyNames } from './units.js';

/** Per step and row: of each sum of n products n multiplications and n − 1 additions, biases, and the gates' arithmetic. */
function recurrent(e: OpEntry): Amounts {
  const kind = e.op.replace('_cell', '');
  const h = attr<number>(e, 'hidden_size') ?? 0;
  const gates = (kind === 'lstm' ? 4 : kind === 'gru' ? 3 : 1) * h;
  const state = attr<number>(e, 'proj_size') || h;
  const directions = e.attrs['bidirectional'] === true ? 2 : 1;
  const layers = attr<number>(e, 'num_layers') ?? 1;
  const widths = Array.from({ length: layers }, (_, i) =>
    i === 0 ? (attr<Dim>(e, 'input_size') ?? 0) : state * directions,
  );
  // The first two extents of the input, whatever they are; of a cell the first.
  const shape = into(e);
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
  const places = exact ? placesOf(ledger.root.module) : null;
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

/** At how many places of the tree a module hangs: sums over children meet a shared one at each. */
function placesOf(root: ModuleInfo): Map<ModuleInfo, number> {
  const places = new Map<ModuleInfo, number>();
  const visit = (m: ModuleInfo): void => {
    places.set(m, (places.get(m) ?? 0) + 1);
    for (const child of distinctChildren(m)) visit(child.module);
  };
  visit(root);
  return places;
}

/** What both tools share of what is to be said. */
export function functionNotes(
  ledger: Ledger,
  tool: string,
  unseen: readonly OpEntry[],
  items: readonly Item[],
): Note[] {
  const notes: Note[] = [];
  if (unseen.length > 0)
    notes.push({
      code: 'silent-zero',
      message: `operators that ${tool} does not see, counted as 0: ${tallyNames(unseen.map((e) => e.op))}`,
    });
  const shared = [...modulesOf(ledger)].filter(
    (m) => ledger.modules === 'exact' && (placesOf(ledger.root.module).get(m) ?? 0) > 1,
  );
  if (items.some((i) => i.term === 'shared-again'))
    notes.push({
      code: 'shared-again',
      message: `layers that hang at several places of the tree are added up at each: ${tallyNames(shared.map((m) => m.type))}`,
    });
  for (const [code, term, message] of QUIRKS) if (items.some((i) => i.term === term)) notes.push({ code, message });
  return notes;
}

const QUIRKS: readonly (readonly [code: string, term: TermId, message: string])[] = [
  ['grouped-transposed', 'grouped', 'grouped transposed convolutions are divided by their groups twice'],
  [
    'same-padding',
    'output-size',
    'convolutions with padding="same" and an even kernel are given an output one too small',
  ],
  ['vector-operand', 'broadcast', 'a matrix times a vector is counted as if the vector were a square matrix'],
  ['recurrent-flops-only', 'gates', 'recurrent layers add to the FLOPs, not to the MACs'],
  ['einsum-digits', 'rounding', 'einsum is counted from a number that NumPy prints with four digits'],
];

/** Why the tools stop on a model: a convolution whose input has no batch axis fails an assertion. */
export function assertionFailure(ledger: Ledger, tool: string): Note | null {
  const fits = (e: OpEntry): boolean => equal(into(e)[1] ?? 1, mul(into(e, 1)[1] ?? 1, groupsOf(e)));
  const entry = ledger.entries.find((e) => e.op === 'conv' && !fits(e));
  if (entry === undefined) return null;
  return {
    code: 'tool-fails',
    message: `${tool} asserts that the second extent of a convolution's input is its channels; ${placeOf(ledger, entry) || 'the model'} gets an input without a batch`,
  };
}
