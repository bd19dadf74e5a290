import { ModelError } from '../../source/errors.js';
import { isFloating } from '../../tensor/index.js';
import type { Declared } from './declared.js';
import { inputRolesOf } from './dialect/index.js';
import { dtypeOf } from './dtype.js';
import { functionKey } from './functions.js';
import type { InputRoles } from './node.js';
import type { FunctionProto, NodeProto, TensorProto } from './schema.js';
import { type Wiring, wiringOf } from './wiring.js';

/** The part that a stored tensor has in the model; ONNX itself does not say. */
export type Role = 'parameter' | 'buffer' | 'constant';

export interface RoleInput {
  /** Of all nodes, those of bodies before the node that has them, each after those it reads from. */
  readonly wiring: Wiring;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Tensors of Constant nodes, by the name of the value. */
  readonly constants: ReadonlyMap<string, TensorProto>;
  readonly declared: Declared | null;
  /** Path of the module that a node belongs to; empty where the file does not say. */
  readonly moduleOf: (node: NodeProto) => string;
}

/** How a value is used, the use that says least first: where there are several, the last holds. */
const USES = ['none', 'setting', 'for-statistics', 'statistic', 'scale', 'state', 'data', 'weight'] as const;
type Use = (typeof USES)[number];
const rankOf = (use: Use): number => USES.indexOf(use);
const [NONE, SETTING, FOR_STATISTICS, STATISTIC, SCALE, STATE, DATA, WEIGHT] = USES.map(rankOf) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/**
 * What each stored tensor is, by what reads it: weights by the operator's definition, also through operators that only
 * pass them on; else initializers in floating point with more than one element (exporters write the constants of formulas
 * as Constant nodes or scalars). Shapes, axes, indices, settings, scalars, and what only statistics are computed from, are
 * constants. Where the exporter declares the model's own tensors, what it declares holds, and of the others only those
 * can be parameters that stand where a declared one has gone: it was folded into them.
 */
export function rolesOf(question: RoleInput): ReadonlyMap<string, Role> {
  const { wiring, initializers, constants, declared } = question;
  const uses = usesOf(question);
  const storesWeights = wiring.nodes.some((n) =>
    inputRolesOf(n.domain, n.opType).weights?.some((k) => initializers.has(n.input[k] ?? '')),
  );
  const roles = new Map<string, Role>();
  const stored = constants.size === 0 ? initializers : new Map([...constants, ...initializers]);
  stored.forEach((tensor, name) => {
    const use = USES[uses[wiring.names.of(name)] as number] as Use;
    const dtype = dtypeOf(tensor.dataType);
    if (use === 'none' || dtype === undefined || dtype === 'string') return;
    let elements = 1;
    for (let i = 0; i < tensor.dims.length; i++) elements *= Number(tensor.dims[i]);
    const literal = constants.has(name);
    roles.set(name, roleOf(use, { name, several: elements > 1, floating: isFloating(dtype), literal, storesWeights }));
  });
  if (declared !== null) correct(roles, question, declared);
  return roles;
}

function roleOf(
  use: Use,
  stored: { name: string; several: boolean; floating: boolean; literal: boolean; storesWeights: boolean },
): Role {
  switch (use) {
    case 'weight':
      // A file that keeps its weights as initializers keeps literals of the code as Constant nodes.
      return stored.literal && stored.storesWeights ? 'constant' : 'parameter';
    case 'data':
      return stored.several && stored.floating && !stored.literal ? 'parameter' : 'constant';
    case 'state':
      return stored.literal || isExporterName(stored.name) ? 'constant' : 'parameter';
    case 'scale':
      return stored.several ? 'buffer' : 'constant';
    case 'statistic':
      return 'buffer';
    default:
      return 'constant';
  }
}

/** Names that exporters make up: `val_12`, `onnx::Conv_500`, `/rnn/Constant_output_0`, `1234`. */
export function isExporterName(name: string): boolean {
  return /^[vo/\d]/.test(name) && /^(val_\d+|onnx::.*|\/.*|\d+)$/.test(name);
}

/** Functions within functions; exporters nest some ten. */
const MAX_CALLS = 200;

/** How every value is used, by its number; from the back, so that what is passed on is known by its use. */
function usesOf({ wiring, outputs, functions }: RoleInput): Uint8Array {
  // A call uses its inputs as the body of the function does.
  const inside = new Map<string, readonly number[]>();
  let depth = 0;
  const usesIn = (key: string, f: FunctionProto): readonly number[] => {
    const known = inside.get(key);
    if (known !== undefined) return known;
    if (depth >= MAX_CALLS)
      throw new ModelError('limit', `functions call each other more than ${MAX_CALLS} deep, at ${f.name}`, {
        format: 'onnx',
        at: { node: f.name },
      });
    inside.set(key, []); // a function that calls itself is refused elsewhere
    depth++;
    const own = wiringOf(f.node);
    const uses = usesAmong(own, f.output);
    depth--;
    const given = f.input.map((name) => uses[own.names.of(name)] || SETTING);
    inside.set(key, given);
    return given;
  };
  const usesAmong = ({ nodes, names, reads, readsFrom, makes, makesFrom }: Wiring, results: readonly string[]) => {
    for (const name of results) names.numbered(name);
    const uses = new Uint8Array(names.size);
    for (const name of results) uses[names.of(name)] = DATA;
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i] as NodeProto;
      uses[0] = NONE; // the empty name is nobody's
      let first = NONE;
      let statistics = true;
      for (let k = makesFrom[i] as number; k < (makesFrom[i + 1] as number); k++) {
        const use = uses[makes[k] as number] as number;
        if (use === NONE) continue;
        if (first === NONE) first = use;
        statistics &&= use === STATISTIC || use === FOR_STATISTICS;
      }
      const computed = first !== NONE && statistics ? FOR_STATISTICS : DATA;
      const roles = inputRolesOf(node.domain, node.opType);
      const handed = roles.passes === undefined ? NONE : first;
      const key = functions.size === 0 ? '' : functionKey(node.domain, node.opType, node.overload);
      const called = functions.get(key);
      const start = readsFrom[i] as number;
      for (let at = start; at < (readsFrom[i + 1] as number); at++) {
        const k = at - start;
        const own = called === undefined ? slotOf(roles, k) : (usesIn(key, called)[k] ?? SETTING);
        const use = own !== NONE ? own : handed !== NONE && (k === 0 || roles.passes === 'all') ? handed : computed;
        const read = reads[at] as number;
        if (use > (uses[read] as number)) uses[read] = use;
      }
    }
    uses[0] = NONE;
    return uses;
  };
  return usesAmong(wiring, outputs);
}

/** The use that an operator's definition gives to an input. */
function slotOf(roles: InputRoles, input: number): number {
  if (roles.weights?.includes(input)) return WEIGHT;
  if (roles.statistics?.includes(input)) return STATISTIC;
  if (roles.settings?.includes(input)) return SETTING;
  if (roles.scales?.includes(input)) return SCALE;
  return roles.states?.includes(input) ? STATE : NONE;
}

/** Puts the exporter's own statement in place of the role that use suggests. */
function correct(roles: Map<string, Role>, question: RoleInput, declared: Declared): void {
  const { wiring, initializers, moduleOf } = question;
  const gone = [...declared.parameters].filter((name) => !initializers.has(name));
  const goneFrom = new Set(gone.map((name) => name.slice(0, Math.max(0, name.lastIndexOf('.')))));
  const holders = new Set([...goneFrom].flatMap(around));
  // It has lost a parameter itself, or something inside it has, or something that it is inside of.
  const lost = (module: string): boolean =>
    gone.length > 0 &&
    (module === '' || goneFrom.has('') || holders.has(module) || around(module).some((m) => goneFrom.has(m)));
  const readers = new Map<string, Set<string>>();
  for (const node of wiring.nodes)
    for (const name of node.input) {
      if (roles.get(name) !== 'parameter' || declared.parameters.has(name)) continue;
      const known = readers.get(name);
      if (known === undefined) readers.set(name, new Set([moduleOf(node)]));
      else known.add(moduleOf(node));
    }
  // How many parameters a module has lost, itself or inside it.
  const left = new Map<string, number>();
  for (const name of gone)
    for (const module of around(name.slice(0, Math.max(0, name.lastIndexOf('.')))))
      left.set(module, (left.get(module) ?? 0) + 1);
  for (const [name, role] of roles) {
    if (declared.parameters.has(name)) roles.set(name, 'parameter');
    else if (declared.buffers.has(name)) roles.set(name, role === 'constant' ? 'constant' : 'buffer');
    else if (role === 'parameter') {
      const modules = [...(readers.get(name) ?? [])];
      const [module] = modules;
      // A value that modules share was none's parameter: a table of zeros that the exporter keeps once. Nor can more
      // stand in a module than it has lost.
      const places = module === undefined ? undefined : left.get(module);
      if (modules.length > 1 || (module !== undefined && (!lost(module) || places === 0))) roles.set(name, 'constant');
      else if (module !== undefined && places !== undefined) left.set(module, places - 1);
    }
  }
}

/** A module and all that it is inside of: `a.b.c`, `a.b`, `a`. */
function around(module: string): string[] {
  const parts = module.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}
