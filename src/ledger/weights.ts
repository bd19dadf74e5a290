import { add, type Dim, sum } from '../dim/index.js';
import { NOTHING } from '../ops/index.js';
import { bytesOf, type DType, numel } from '../tensor/index.js';
import type { Row, StoredSummary, TreeNode } from './node.js';
import type { AnyLedger, ModuleInfo, Weight } from './types.js';

/** Bytes of a weight as the file stores it. */
export function weightBytes(weight: Weight): Dim {
  return weight.bytes ?? bytesOf(weight);
}

/** The module tree of a ledger without a graph, down to its tensors; numbers are inclusive. */
export function weightTree(ledger: AnyLedger): TreeNode {
  return moduleNode(ledger.root.module, '', new Map());
}

type BytesByDType = Map<DType, Dim>;

/** `above` is what the parent's bytes by dtype are summed up in, so that every tensor is looked at once. */
function moduleNode(module: ModuleInfo, name: string, above: BytesByDType): TreeNode {
  const children: TreeNode[] = [];
  const own: BytesByDType = new Map();
  for (const { name: leaf, weight } of module.weights) {
    const node = weightNode(leaf, weight);
    addBytes(own, weight.dtype, weightBytes(weight));
    children.push(node);
  }
  for (const child of module.children) children.push(moduleNode(child.module, child.name, own));
  let [params, buffers, bytes]: [Dim, Dim, Dim] = [0, 0, 0];
  for (const child of children) {
    const stored = child.stored as StoredSummary;
    params = add(params, child.params);
    buffers = add(buffers, stored.buffers);
    bytes = add(bytes, stored.bytes);
  }
  for (const [dtype, n] of own) addBytes(above, dtype, n);
  const stored: StoredSummary = { buffers, bytes, dtypes: inOrderOfBytes(own), shape: null };
  return storedNode('module', name, module.path, module.type, params, stored, children);
}

/** Written out in full: a file may have a million of them, and an object that is spread takes twice the memory. */
function storedNode(
  kind: TreeNode['kind'],
  name: string,
  path: string,
  type: string,
  params: Dim,
  stored: StoredSummary,
  children: readonly TreeNode[],
): TreeNode {
  return {
    kind,
    name,
    path,
    type,
    calls: 0,
    params,
    tally: NOTHING,
    readBytes: 0,
    writeBytes: 0,
    unknown: 0,
    output: null,
    children,
    entries: NONE,
    stored,
  };
}
const NONE: readonly [] = [];

function addBytes(bytes: BytesByDType, dtype: DType, more: Dim): void {
  bytes.set(dtype, add(bytes.get(dtype) ?? 0, more));
}

function weightNode(name: string, weight: Weight): TreeNode {
  return storedNode('weight', name, weight.name, '', paramsOf(weight), storedAlone(weight), NONE);
}

function storedAlone(weight: Weight): StoredSummary {
  return {
    buffers: weight.kind === 'parameter' ? 0 : numel(weight.shape),
    bytes: weightBytes(weight),
    dtypes: oneDType(weight.dtype),
    shape: weight.shape,
  };
}

/** Rows of a ledger without a graph: `node` is one a tensor, `op` one a dtype, `type` one a class, anything else one a module with own weights. */
export function weightRows(ledger: AnyLedger, by: 'layer' | 'type' | 'op' | 'node' | 'line'): Row[] {
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
      else if (by === 'type') put(`type ${module.type}`, { path: '', type: module.type, op: 'weights' }, weight);
      else put(module.path, { path: module.path, type: module.type, op: 'weights' }, weight);
    }
    for (const child of module.children) walk(child.module);
  };
  walk(ledger.root.module);
  // Written out in full, for the same reason as above.
  return Array.from(groups.values(), ({ path, type, op, weights }) => ({
    path,
    type,
    op,
    calls: 0,
    inputs: NONE,
    outputs: NONE,
    params: weights.length === 1 ? paramsOf(weights[0] as Weight) : sum(weights.map(paramsOf)),
    tally: NOTHING,
    readBytes: 0,
    writeBytes: 0,
    unknown: 0,
    operators: NONE,
    stored: weights.length === 1 ? storedAlone(weights[0] as Weight) : storedOf(weights),
  }));
}

function paramsOf(weight: Weight): Dim {
  return weight.kind === 'parameter' ? numel(weight.shape) : 0;
}

function storedOf(weights: readonly Weight[]): StoredSummary {
  return {
    buffers: sum(weights.filter((w) => w.kind !== 'parameter').map((w) => numel(w.shape))),
    bytes: sum(weights.map(weightBytes)),
    dtypes: dtypesOf(weights),
    shape: weights.length === 1 ? (weights[0] as Weight).shape : null,
  };
}

/** dtypes of a set of weights, the one of most bytes first. */
export function dtypesOf(weights: readonly Weight[]): readonly DType[] {
  const bytes: BytesByDType = new Map();
  for (const weight of weights) addBytes(bytes, weight.dtype, weightBytes(weight));
  return inOrderOfBytes(bytes);
}

/** One list for all tensors of a dtype. */
function oneDType(dtype: DType): readonly DType[] {
  let list = LISTS.get(dtype);
  if (list === undefined) {
    list = Object.freeze([dtype]);
    LISTS.set(dtype, list);
  }
  return list;
}
const LISTS = new Map<DType, readonly DType[]>();

function inOrderOfBytes(bytes: BytesByDType): readonly DType[] {
  if (bytes.size === 1) return oneDType([...bytes.keys()][0] as DType);
  return [...bytes].sort(([, a], [, b]) => Number(b) - Number(a)).map(([dtype]) => dtype);
}
