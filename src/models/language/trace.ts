import { type Dim, exactdiv, mul, product, sum, symbols } from '../../dim/index.js';
import {
  type AnyLedger,
  copiesIn,
  type Description,
  type Ledger,
  type Note,
  namesIn,
  type StoredWeights,
  times,
} from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { type DType, parseDType } from '../../tensor/index.js';
import { UNEVEN } from '../../torch/nn/folded.js';
import * as nn from '../../torch/nn/index.js';
import { readFolded } from '../../torch/nn/read.js';
import { type BuildOptions, type FreeDim, freeDim } from './blocks/model.js';
import { architectureOf } from './index.js';
import { routedNote } from './routed.js';

export interface TraceOptions {
  readonly bind?: ReadonlyMap<string, Dim>;
  readonly logits?: BuildOptions['logits'];
  readonly latent?: BuildOptions['latent'];
  /** Shapes in place of the model's own, by name or in order. */
  readonly inputs?: readonly { readonly name?: string; readonly shape: readonly Dim[] }[];
  readonly name?: string;
  /** How weights are kept in the file, by name. */
  readonly stored?: StoredWeights;
}

/** Names that every description takes, whether its model has a use for them or not. */
const STANDARD: readonly string[] = ['batch', 'sequence', 'past', 'source'];

/** The facts of a configuration at the sizes bound; what is not bound stays free. Throws ModelError. */
export function traceConfig(config: Readonly<Record<string, unknown>>, options: TraceOptions = {}): Ledger {
  return trace(config, options, false) as Ledger;
}

/** The same with equal layers recorded once, as far as the model's family says which are equal. */
export function traceFolded(config: Readonly<Record<string, unknown>>, options: TraceOptions = {}): AnyLedger {
  try {
    const folded = trace(config, options, true);
    if (equallyStored(folded, options.stored)) return folded;
  } catch (error) {
    if (error !== UNEVEN) throw error;
  }
  return traceConfig(config, options);
}

/** Whether layers that are recorded once are also stored alike. */
export function equallyStored(ledger: AnyLedger, stored: StoredWeights | undefined): boolean {
  if (stored === undefined || ledger.folds === undefined) return true;
  return ledger.weights.every(({ name }) => {
    const own = stored.get(name);
    return namesIn(ledger, name).every((copy) => {
      const other = stored.get(copy);
      return other?.dtype === own?.dtype && other?.bytes === own?.bytes && other?.absent === own?.absent;
    });
  });
}

function trace(config: Readonly<Record<string, unknown>>, options: TraceOptions, fold: boolean): AnyLedger {
  const logits = options.logits ?? 'all';
  const latent = options.latent ?? 'expanded';
  const built = architectureOf(config, { logits, latent, fold });
  const bind = new Map([
    ...givenSizes(built.inputs(freeDim()), options.inputs ?? [], built.notes),
    ...(options.bind ?? []),
  ]);
  const asked = new Set<string>();
  const free: FreeDim = (name, otherwise) => {
    asked.add(name);
    return freeDim(bind)(name, otherwise);
  };
  const module = built.module;
  module.to(dtypeOf(config));
  const ledger = readFolded(
    module,
    withShapes(built.inputs(free), options.inputs ?? []),
    {
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.stored === undefined ? {} : { stored: options.stored }),
    },
    fold,
  );
  const { active, lookedUp } = activeParams(module, copiesIn(ledger), options.stored);
  const description: Description = {
    type: built.type,
    architecture: built.architecture,
    config,
    logits,
    latent,
    kept: built.kept(),
    activeParams: active,
    lookedUpParams: lookedUp,
    ...(options.stored === undefined ? {} : { stored: options.stored }),
  };
  const given = [...(options.bind ?? new Map<string, Dim>()).keys()];
  return {
    ...ledger,
    description,
    bound: given.filter((name) => asked.has(name) || STANDARD.includes(name)),
    notes: [
      ...ledger.notes,
      ...(built.notes ?? []),
      ...routedNote(module, ledger),
      ...given
        .filter((name) => STANDARD.includes(name) && !asked.has(name))
        .map((name): Note => ({ code: 'unused-dimension', message: `nothing in this model depends on ${name}` })),
    ],
  };
}

/** The element type of the weights: `dtype`, in older files `torch_dtype`; float32 where a configuration says neither. */
export function dtypeOf(config: Readonly<Record<string, unknown>>): DType {
  const name = config['dtype'] ?? config['torch_dtype'];
  if (typeof name !== 'string' || name === 'auto') {
    const text = config['text_config'];
    return typeof text === 'object' && text !== null ? dtypeOf(text as Record<string, unknown>) : 'float32';
  }
  return parseDType(name);
}

/** Extents that are numbers in the model may be given others: another size of image. */
function withShapes(own: readonly nn.InputSpec[], given: NonNullable<TraceOptions['inputs']>): nn.InputSpec[] {
  return own.map((spec, i) => {
    const override = given.find((g, k) => (g.name === undefined ? k === i : g.name === spec.name));
    return override === undefined ? spec : { ...spec, shape: override.shape };
  });
}

/** Values of free dimensions that follow from an input shape of the caller's. */
function givenSizes(
  own: readonly nn.InputSpec[],
  given: NonNullable<TraceOptions['inputs']>,
  notes: readonly Note[] = [],
): Map<string, Dim> {
  const bind = new Map<string, Dim>();
  for (const [i, override] of given.entries()) {
    const spec = override.name === undefined ? own[i] : own.find((input) => input.name === override.name);
    if (spec === undefined || spec.shape.length !== override.shape.length)
      throw new ModelError(
        'argument',
        `the model has no input ${override.name ?? i} of ${override.shape.length} axes`,
        {
          format: 'transformers',
          hint: [
            `its inputs: ${own.map((input) => `${input.name} ${input.shape.join('×')}`).join(', ')}`,
            ...notes.map(({ message }) => message),
          ].join('; '),
        },
      );
    for (const [axis, extent] of spec.shape.entries()) {
      const names = symbols(extent);
      const wanted = override.shape[axis] as Dim;
      if (names.length === 1 && String(extent) === names[0]) bind.set(names[0] as string, wanted);
    }
  }
  return bind;
}

/** Parameters that a token uses, and those of them that are only looked up. */
function activeParams(
  module: nn.AnyModule,
  copies: (path: string) => number,
  stored?: StoredWeights,
): { active: Dim; lookedUp: Dim } {
  const seen = new Set<nn.Parameter>(absentOf(module, stored));
  const tables = new Map<nn.Parameter, boolean>();
  const parts: Dim[] = [];
  for (const [path, m] of module.named_modules()) {
    const many = copies(path);
    for (const p of Object.values(m)) {
      if (!(p instanceof nn.Parameter)) continue;
      // A table that a head shares is multiplied with as well.
      if (tables.has(p)) tables.set(p, false);
      else if (m instanceof nn.Embedding && !seen.has(p)) tables.set(p, true);
      if (seen.has(p)) continue;
      seen.add(p);
      const n = times(many, product(p.shape));
      if (m instanceof nn.Experts) {
        const [used, of] = m.active_fraction;
        parts.push(exactdiv(mul(n, used), of) ?? n);
      } else parts.push(n);
    }
  }
  const lookedUp = sum([...tables].filter(([, only]) => only).map(([p]) => product(p.shape)));
  return { active: sum(parts), lookedUp };
}

/** Parameters of a model by name, in the order of its tree; one that is at several places once, under its first name. */
export function namedParameters(module: nn.AnyModule): Map<string, nn.Parameter> {
  const found = new Map<string, nn.Parameter>();
  const seen = new Set<nn.Parameter>();
  for (const [path, m] of module.named_modules())
    for (const [name, value] of Object.entries(m))
      if (value instanceof nn.Parameter && !seen.has(value)) {
        seen.add(value);
        found.set(path === '' ? name : `${path}.${name}`, value);
      }
  return found;
}

/** Names and extents of the parameters that a configuration describes, without running it. Throws ModelError. */
export function parametersOf(config: Readonly<Record<string, unknown>>): { name: string; shape: readonly Dim[] }[] {
  const { module } = architectureOf(config);
  return [...namedParameters(module)].map(([name, { shape }]) => ({ name, shape }));
}

function absentOf(module: nn.AnyModule, stored: StoredWeights | undefined): nn.Parameter[] {
  if (stored === undefined || ![...stored.values()].some((s) => s.absent)) return [];
  return [...namedParameters(module)].filter(([name]) => stored.get(name)?.absent).map(([, parameter]) => parameter);
}
