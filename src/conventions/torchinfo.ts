import { add, type Dim, equal, mul, product, sum } from '../dim/index.js';
import type { Ledger, ModuleInfo, Note, NoteCode, OpEntry, Weight } from '../ledger/index.js';
import { tally } from '../ops/index.js';
import { numel } from '../tensor/index.js';
import { type Item, itemsOf, ownEntries, type Parts } from './items.js';
import { resultOf } from './results.js';
import { type TermId, termOf } from './terms.js';
import type { Convention, ConventionOptions, ConventionResult, WorkUnit } from './types.js';
import {
  allParameters,
  modulesOf,
  parametersUsed,
  shortName,
  standInNote,
  tallyNames,
  uncountedNote,
  unitOfCall,
  unitOfEntry,
} from './units.js';

type Named = readonly [name: string, weight: Weight];

/**
 * torchinfo asks no layer what it does: a parameter counts once for every position of the layer's first output, and what a
 * position is follows from names: the class's (`Conv`, `Linear`), else the parameter's.
 */
function amountOf(type: string, [name, { shape }]: Named, output: readonly Dim[]): Dim {
  const elements = numel(shape);
  if (name === 'weight' || name === 'bias') {
    if (type.includes('Conv')) return mul(elements, product([...output.slice(0, 1), ...output.slice(2)]));
    if (type.includes('Linear')) return mul(elements, product(output.slice(0, -1)));
    return mul(elements, output[0] ?? 1);
  }
  return /weight|bias/.test(name) ? mul(elements, product(output.slice(0, 2))) : 0;
}

/** The amounts that one call adds, by what they stand for. */
function partsOf(unit: WorkUnit, parameters: readonly Named[], of: readonly OpEntry[]): Parts {
  const main = of.find((e) => e.op !== 'pad');
  const contracts = of.some((e) => e.result.kind === 'known' && e.result.work.some((w) => w.kind === 'contraction'));
  const parts: Partial<Record<TermId, Dim>> = contracts ? { [productsTerm(unit, main)]: 0 } : {};
  for (const parameter of parameters) {
    const term = !contracts ? parameterTerm(main) : parameter[0].includes('bias') ? 'bias' : productsTerm(unit, main);
    parts[term] = add(parts[term] ?? 0, amountOf(shortName(unit.type), parameter, unit.outputs[0] ?? []));
  }
  return parts;
}

/** The reason why parameters × positions are not the products. */
function productsTerm(unit: WorkUnit, main: OpEntry | undefined): TermId {
  if (main?.op === 'conv_transpose') return 'transposed';
  if (unit.attrs['batched'] === false) return 'unbatched';
  return main?.op === 'conv' || main?.op === 'linear' ? 'products' : 'by-parameters';
}

/** Parameters of layers without products are their scale and shift, or a table. */
function parameterTerm(main: OpEntry | undefined): TermId {
  const term = termOf(main?.op ?? '');
  return term === 'other' ? 'parameters' : term;
}

const WORDS =
  'Parameters of leaf modules × positions of their output, bias included: exact for convolutions and linear layers, too much for transposed convolutions, RNN cells and embeddings, next to nothing for norms. What has no weight in a leaf module (activations, pools, functional calls, nn.MultiheadAttention) counts 0.';

export const torchinfo: Convention = {
  id: 'torchinfo',
  takesCustomOps: true,
  title: 'torchinfo',
  version: '1.8.0',
  source: 'torchinfo/layer_info.py: LayerInfo.calculate_macs; model_statistics.py: ModelStatistics',
  description: WORDS,
  run(ledger: Ledger, options: ConventionOptions = {}): ConventionResult {
    const items = ledger.modules === 'exact' ? byModules(ledger, options) : byOperators(ledger, options);
    return resultOf(torchinfo, { mult_adds: 'mac' }, items, {
      params: allParameters(ledger),
      notes: [...standInNote(ledger, 'torchinfo'), ...moduleNotes(ledger), ...formulaNotes(items)],
    });
  },
};

/** Leaf modules, every call; a module with children is only a heading. */
function byModules(ledger: Ledger, options: ConventionOptions): Item[] {
  return [...modulesOf(ledger)].filter(isLeaf).flatMap((m) => {
    const custom = options.customOps?.[m.type];
    return m.calls.flatMap((call) => {
      const unit = unitOfCall(call);
      const parts =
        custom === undefined ? partsOf(unit, namedParameters(m), ownEntries(call)) : { custom: custom(unit) };
      return itemsOf('mult_adds', parts, ownEntries(call), m.path);
    });
  });
}

/** Operators with parameters, each as the layer that it would be the whole of. */
function byOperators(ledger: Ledger, options: ConventionOptions): Item[] {
  return ledger.entries.flatMap((entry) => {
    const unit = unitOfEntry(entry);
    if (unit === null) return [];
    const custom = options.customOps?.[unit.type];
    // A file without modules does not say which of a layer's parameters is its bias; the others have two axes or belong to a norm.
    const named = parametersUsed(entry).map((w, i): Named => [i > 0 && w.shape.length === 1 ? 'bias' : 'weight', w]);
    return itemsOf(
      'mult_adds',
      custom === undefined ? partsOf(unit, named, [entry]) : { custom: custom(unit) },
      [entry],
      unit.path,
    );
  });
}

function isLeaf(m: ModuleInfo): boolean {
  return m.children.length === 0;
}

/** Own parameters without repeats, under their first name. */
function namedParameters(m: ModuleInfo): Named[] {
  const seen = new Set<Weight>();
  return m.weights.flatMap(({ name, weight }): Named[] => {
    if (weight.kind !== 'parameter' || seen.has(weight)) return [];
    seen.add(weight);
    return [[name, weight]];
  });
}

function moduleNotes(ledger: Ledger): Note[] {
  if (ledger.modules !== 'exact') return [];
  const seen = (m: ModuleInfo): boolean => isLeaf(m) && namedParameters(m).some(([name]) => /weight|bias/.test(name));
  return uncountedNote('torchinfo', modulesOf(ledger), seen);
}

const FORMULAS: Readonly<Partial<Record<TermId, readonly [code: NoteCode, message: string]>>> = {
  transposed: ['transposed-by-output', 'transposed convolutions are counted at every output, stride^d times too often'],
  'by-parameters': [
    'parameters-by-positions',
    'layers counted as parameters × the first extents of their output, whatever they compute',
  ],
  embedding: ['embedding-counted', 'embeddings are counted as their whole table for every sample'],
  unbatched: ['unbatched', 'the first axis of an input without batch is taken for its batch'],
};

/** The rules that went wrong here. */
function formulaNotes(items: readonly Item[]): Note[] {
  const types = new Map<TermId, string[]>();
  for (const { term, amount, of } of items) {
    const [first] = of;
    if (FORMULAS[term] === undefined || first === undefined || equal(amount, productsOf(of))) continue;
    const known = types.get(term);
    if (known === undefined) types.set(term, [first.call.module.type]);
    else known.push(first.call.module.type);
  }
  return [...types].map(([term, found]) => {
    const [code, message] = FORMULAS[term] as readonly [NoteCode, string];
    return { code, message: `${message}: ${tallyNames(found)}` };
  });
}

function productsOf(of: readonly OpEntry[]): Dim {
  return sum(of.map((e) => (e.result.kind === 'known' ? tally(e.result.work).macs : 0)));
}
