import { ModelError } from '../../source/errors.js';
import { isFloating } from '../../tensor/index.js';
import type { Declared } from './declared.js';
import { inputRolesOf } from './dialect/index.js';
import { dtypeOf } from './dtype.js';
import { functionKey } from './functions.js';
import type { InputRoles } from './node.js';
import type { FunctionProto, NodeProto, TensorProto } from './schema.js';

/** What a stored tensor is to the model; ONNX itself does not say. */
export type Role = 'parameter' | 'buffer' | 'constant';

export interface RoleInput {
  /** All nodes, those of bodies before the node that has them, each after those it reads from. */
  readonly nodes: readonly NodeProto[];
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
const RANK = { setting: 0, 'for-statistics': 1, statistic: 2, scale: 3, state: 4, data: 5, weight: 6 } as const;
type Use = keyof typeof RANK;

/**
 * What each stored tensor is, by what reads it: weights by the operator's definition, also through operators that only
 * pass them on; else initializers in floating point with more than one element (exporters write the constants of formulas
 * as Constant nodes or scalars). Shapes, axes, indices, settings, scalars, and what only statistics are computed from, are
 * constants. Where the exporter declares the model's own tensors, what it declares holds, and of the others only those
 * can be parameters that stand where a declared one has gone: it was folded into them.
 */
export function rolesOf(question: RoleInput): ReadonlyMap<string, Role> {
  const { nodes, initializers, constants, declared } = question;
  const uses = usesOf(question);
  const storesWeights = nodes.some((n) =>
    inputRolesOf(n.domain, n.opType).weights?.some((k) => initializers.has(n.input[k] ?? '')),
  );
  const roles = new Map<string, Role>();
  const stored = constants.size === 0 ? initializers : new Map([...constants, ...initializers]);
  for (const [name, tensor] of stored) {
    const use = uses.get(name);
    const dtype = dtypeOf(tensor.dataType);
    if (use === undefined || dtype === undefined || dtype === 'string') continue;
    let elements = 1;
    for (const d of tensor.dims) elements *= Number(d);
    const several = elements > 1;
    const literal = constants.has(name);
    roles.set(name, roleOf(use, { name, several, floating: isFloating(dtype), literal, storesWeights }));
  }
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
  return /^(val_\d+|onnx::.*|\/.*|\d+)$/.test(name);
}

/** Functions within functions; exporters nest some ten. */
const MAX_CALLS = 200;

/** How every value is used; from the back, so that what is passed on is known by its use. */
function usesOf({ nodes, outputs, functions }: RoleInput): ReadonlyMap<string, Use> {
  // What a function does with its inputs is what a call of it does.
  const inside = new Map<string, ReadonlyMap<string, Use>>();
  let depth = 0;
  const usesIn = (key: string, f: FunctionProto): ReadonlyMap<string, Use> => {
    const known = inside.get(key);
    if (known !== undefined) return known;
    if (depth >= MAX_CALLS)
      throw new ModelError('limit', `functions call each other more than ${MAX_CALLS} deep, at ${f.name}`, {
        format: 'onnx',
        at: { node: f.name },
      });
    inside.set(key, new Map()); // a function that calls itself is refused elsewhere
    depth++;
    const uses = usesAmong(f.node, f.output);
    depth--;
    inside.set(key, uses);
    return uses;
  };
  const usesAmong = (among: readonly NodeProto[], results: readonly string[]): ReadonlyMap<string, Use> => {
    const uses = new Map<string, Use>(results.map((name) => [name, 'data']));
    const note = (name: string, use: Use): void => {
      const before = uses.get(name);
      if (before === undefined || (before !== use && RANK[use] > RANK[before])) uses.set(name, use);
    };
    for (let i = among.length - 1; i >= 0; i--) {
      const node = among[i] as NodeProto;
      let first: Use | undefined;
      let statistics = true;
      for (const name of node.output) {
        const use = uses.get(name);
        if (use === undefined) continue;
        first ??= use;
        statistics &&= isStatistic(use);
      }
      const computed = first !== undefined && statistics ? 'for-statistics' : 'data';
      const roles = inputRolesOf(node.domain, node.opType);
      const handed = roles.passes === undefined ? undefined : first;
      const key = functions.size === 0 ? '' : functionKey(node.domain, node.opType, node.overload);
      const called = functions.get(key);
      for (let k = 0; k < node.input.length; k++) {
        const name = node.input[k] as string;
        if (name === '') continue;
        const own =
          called === undefined ? slotOf(roles, k) : (usesIn(key, called).get(called.input[k] ?? '') ?? 'setting');
        if (own !== undefined) note(name, own);
        else if (handed !== undefined && (k === 0 || roles.passes === 'all')) note(name, handed);
        else note(name, computed);
      }
    }
    return uses;
  };
  return usesAmong(nodes, outputs);
}

function isStatistic(use: Use): boolean {
  return use === 'statistic' || use === 'for-statistics';
}

/** The use that an operator's definition gives to an input. */
function slotOf(roles: InputRoles, input: number): Use | undefined {
  if (roles.weights?.includes(input)) return 'weight';
  if (roles.statistics?.includes(input)) return 'statistic';
  if (roles.settings?.includes(input)) return 'setting';
  if (roles.scales?.includes(input)) return 'scale';
  return roles.states?.includes(input) ? 'state' : undefined;
}

/** What the exporter declares, in place of what use suggests. */
function correct(roles: Map<string, Role>, question: RoleInput, declared: Declared): void {
  const { nodes, initializers, moduleOf } = question;
  const gone = [...declared.parameters].filter((name) => !initializers.has(name));
  const goneFrom = new Set(gone.map((name) => name.slice(0, Math.max(0, name.lastIndexOf('.')))));
  const holders = new Set([...goneFrom].flatMap(around));
  // It has lost a parameter itself, or something inside it has, or something that it is inside of.
  const lost = (module: string): boolean =>
    gone.length > 0 &&
    (module === '' || goneFrom.has('') || holders.has(module) || around(module).some((m) => goneFrom.has(m)));
  const readers = new Map<string, Set<string>>();
  for (const node of nodes)
    for (const name of node.input) {
      if (roles.get(name) !== 'parameter' || declared.parameters.has(name)) continue;
      const known = readers.get(name);
      if (known === undefined) readers.set(name, new Set([moduleOf(node)]));
      else known.add(moduleOf(node));
    }
  // What a module has lost, itself or inside it.
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
