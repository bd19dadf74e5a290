import { add, type Dim, sum } from '../dim/index.js';
import { NOTHING } from '../ops/index.js';
import { bytesOf, type DType, numel, type Shape } from '../tensor/index.js';
import type { Ledger, ModuleInfo, Weight } from './index.js';
import type { Row } from './rows.js';
import type { TreeNode } from './tree.js';

/** What a module of a file without a graph holds: for checkpoints, whose modules are never called. */
export interface Stored {
  /** Elements that training does not learn. */
  readonly buffers: Dim;
  /** Of parameters and buffers. */
  readonly bytes: Dim;
  /** Each once, the one of most bytes first. */
  readonly dtypes: readonly DType[];
  /** Of a single tensor. */
  readonly shape: Shape | null;
}

/** Bytes of a weight as the file stores it. */
export function weightBytes(weight: Weight): Dim {
  return weight.bytes ?? bytesOf(weight);
}

/** Whether a ledger has weights and nothing that computes with them: a checkpoint. */
export function isGraphless(ledger: Ledger): boolean {
  return ledger.entries.length === 0 && ledger.weights.length > 0;
}

/** The module tree of a ledger without a graph, down to its tensors; numbers are inclusive. */
export function weightTree(ledger: Ledger): TreeNode {
  return moduleNode(ledger.root.module, '');
}

function moduleNode(module: ModuleInfo, name: string): TreeNode {
  const children = [
    ...module.weights.map((own) => weightNode(own.name, own.weight)),
    ...module.children.map((child) => moduleNode(child.module, child.name)),
  ];
  const stored = children.map((child) => child.stored as Stored);
  return {
    ...EMPTY,
    kind: 'module',
    name,
    path: module.path,
    type: module.type,
    params: sum(children.map((child) => child.params)),
    stored: {
      buffers: sum(stored.map((s) => s.buffers)),
      bytes: sum(stored.map((s) => s.bytes)),
      dtypes: dtypesOf(weightsBelow(module, [])),
      shape: null,
    },
    children,
  };
}

function weightNode(name: string, weight: Weight): TreeNode {
  return { ...EMPTY, kind: 'weight', name, path: weight.name, params: paramsOf(weight), stored: storedOf([weight]) };
}

const EMPTY = {
  type: '',
  calls: 0,
  tally: NOTHING,
  readBytes: 0,
  writeBytes: 0,
  unknown: 0,
  output: null,
  children: [],
  entries: [],
} as const;

/** Rows of a ledger without a graph: `node` is one a tensor, `op` one a dtype, anything else one a module with own weights. */
export function weightRows(ledger: Ledger, by: 'layer' | 'op' | 'node' | 'line'): Row[] {
  const groups = new Map<string, { path: string; type: string; op: string; weights: Weight[] }>();
  const put = (key: string, head: { path: string; type: string; op: string }, weight: Weight): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...head, weights: [weight] });
    else group.weights.push(weight);
  };
  const walk = (module: ModuleInfo): void => {
    for (const { weight } of module.weights) {
      const op = weight.kind === 'constant' ? 'buffer' : weight.kind;
      if (by === 'op') put(`${op} ${weight.dtype}`, { path: '', type: '', op }, weight);
      else if (by === 'node') put(`${groups.size}`, { path: weight.name, type: '', op }, weight);
      else put(module.path, { path: module.path, type: module.type, op: 'weights' }, weight);
    }
    for (const child of module.children) walk(child.module);
  };
  walk(ledger.root.module);
  return [...groups.values()].map(({ path, type, op, weights }) => ({
    ...EMPTY,
    path,
    type,
    op,
    inputs: [],
    outputs: [],
    facts: [],
    params: sum(weights.map(paramsOf)),
    stored: storedOf(weights),
  }));
}

function paramsOf(weight: Weight): Dim {
  return weight.kind === 'parameter' ? numel(weight.shape) : 0;
}

function storedOf(weights: readonly Weight[]): Stored {
  return {
    buffers: sum(weights.filter((w) => w.kind !== 'parameter').map((w) => numel(w.shape))),
    bytes: sum(weights.map(weightBytes)),
    dtypes: dtypesOf(weights),
    shape: weights.length === 1 ? (weights[0] as Weight).shape : null,
  };
}

function weightsBelow(module: ModuleInfo, into: Weight[]): Weight[] {
  for (const { weight } of module.weights) into.push(weight);
  for (const { module: child } of module.children) weightsBelow(child, into);
  return into;
}

/** dtypes of a set of weights, the one of most bytes first. */
export function dtypesOf(weights: readonly Weight[]): DType[] {
  const bytes = new Map<DType, Dim>();
  for (const weight of weights) bytes.set(weight.dtype, add(bytes.get(weight.dtype) ?? 0, weightBytes(weight)));
  return [...bytes].sort(([, a], [, b]) => Number(b) - Number(a)).map(([dtype]) => dtype);
}
