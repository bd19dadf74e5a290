import type { Scope, ScopePart } from '../../graph/index.js';
import { appended } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { RelativeScopes } from '../relative-scopes.js';
import type { GraphProto, NodeProto } from './schema.js';

export interface Scopes {
  readonly kind: 'names' | 'none';
  /** Class of the model itself, where the file says. */
  readonly root: string;
  of(node: NodeProto): Scope;
  /** The same as the file says, a convolution with a batch norm folded into it being the batch norm. */
  stated(node: NodeProto): Scope;
}

const NAMES = 'pkg.torch.onnx.name_scopes';
const CLASSES = 'pkg.torch.onnx.class_hierarchy';

/** Nodes that the exporter adds for itself (sizes of inputs) belong to no module, and name a class that there is none of. */
function isPlaced(node: NodeProto): boolean {
  const [root = ''] = listOf(node, CLASSES);
  return root !== '' && !root.startsWith('_');
}

function isDescribed({ metadataProps }: NodeProto): boolean {
  return metadataProps.length > 0 && metadataProps.some((m) => m.key === NAMES);
}

/**
 * Where nodes belong: by PyTorch's metadata where there is any, by node names that are paths (`/layer1/layer1.0/conv1/Conv`)
 * where most are, else nowhere. The kind is never `exact`: what optimisers removed or fused is not in the file.
 */
export function scopesOf(graph: GraphProto): Scopes {
  const described = graph.node.find((n) => isDescribed(n) && isPlaced(n));
  if (described !== undefined)
    return { kind: 'names', root: shortClass(listOf(described, CLASSES)[0] ?? ''), ...byMetadata(graph.node) };
  const paths = graph.node.filter((n) => isPath(n.name)).length;
  if (graph.node.length > 0 && paths * 2 > graph.node.length) return { kind: 'names', root: '', ...byNames() };
  return { kind: 'none', root: '', of: () => NOWHERE, stated: () => NOWHERE };
}

const NOWHERE: Scope = [];

/** A slash with something other than a slash in front of it, the first character not counted. */
function isPath(name: string): boolean {
  for (let at = name.indexOf('/', 2); at >= 0; at = name.indexOf('/', at + 1)) if (name[at - 1] !== '/') return true;
  return false;
}

/** By PyTorch's metadata. All nodes are looked at first, since weights of some tell which names are paths. */
function byMetadata(nodes: readonly NodeProto[]): Pick<Scopes, 'of' | 'stated'> {
  const relative = new RelativeScopes();
  const parts = new Map<NodeProto, Scope>();
  for (const node of nodes) {
    const scope = metadataScope(node);
    parts.set(node, scope);
    relative.look(scope, node.input);
  }
  const known = new Map<NodeProto, Scope>();
  const stated = (node: NodeProto): Scope => {
    const scope = parts.get(node) ?? metadataScope(node);
    if (!relative.any) return scope;
    const paths = relative.paths(scope);
    return scope.map((part, i) => (paths[i] === part.path ? part : { ...part, path: paths[i] as string }));
  };
  const of = (node: NodeProto): Scope => {
    let scope = known.get(node);
    if (scope === undefined) {
      scope = withWeights(stated(node), node);
      known.set(node, scope);
    }
    return scope;
  };
  return { of, stated };
}

function metadataScope(node: NodeProto): Scope {
  const names = listOf(node, NAMES);
  const classes = listOf(node, CLASSES);
  checkDepth(names.length, node);
  // The first is the model, the last the operator.
  return names.slice(1, -1).flatMap((name, i): ScopePart[] => {
    const again = /^(.*)@(\d+)$/.exec(name);
    const path = again?.[1] ?? name;
    return path === '' ? [] : [{ path, type: shortClass(classes[i + 1] ?? ''), call: Number(again?.[2] ?? 0) }];
  });
}

/**
 * Names are put together from the names of modules, those in a container with the container's name before a dot. Most nodes are
 * in the module of the node before, or near it: of the last scope the modules that both are in are taken over. A table of all
 * names would be as large as the module tree.
 */
function byNames(): Pick<Scopes, 'of' | 'stated'> {
  /** The last name without its operator, its scope, and where each module's name ends in it. */
  let last = '';
  let scope: Scope = NOWHERE;
  const ends: number[] = [];
  const stated = (node: NodeProto): Scope => {
    const { name } = node;
    const start = name.startsWith('/') ? 1 : 0;
    const end = Math.max(start, name.lastIndexOf('/'));
    if (end - start === last.length && name.startsWith(last, start)) return scope;
    const modules = name.slice(start, end);
    const shared = sharedModules(last, modules, ends, scope.length);
    last = modules;
    scope = modules === '' ? NOWHERE : extended(scope.slice(0, shared), modules, ends, node);
    return scope;
  };
  return { of: (node) => withWeights(stated(node), node), stated };
}

/** How many of the modules of one name another one begins with. */
function sharedModules(one: string, other: string, ends: readonly number[], count: number): number {
  let same = 0;
  while (same < other.length && one.charCodeAt(same) === other.charCodeAt(same)) same++;
  for (let i = 0; i < count; i++) {
    const end = ends[i] as number;
    if (end > same || (end < other.length && other.charCodeAt(end) !== SLASH)) return i;
  }
  return count;
}

/** The scope of a name of which the first modules are there; writes where the names of the others end. */
function extended(shared: Scope, modules: string, ends: number[], node: NodeProto): Scope {
  let scope = shared;
  let start = scope.length === 0 ? (modules.charCodeAt(0) === SLASH ? 1 : 0) : (ends[scope.length - 1] as number) + 1;
  let container = scope.length === 0 ? '' : modules.slice(modules.lastIndexOf('/', start - 2) + 1, start - 1);
  while (start <= modules.length) {
    if (scope.length === MAX_DEPTH) checkDepth(slashesIn(modules) + 1, node);
    const slash = modules.indexOf('/', start);
    const end = slash < 0 ? modules.length : slash;
    const segment = modules.slice(start, end);
    const contained = container !== '' && segment.charCodeAt(container.length) === DOT && segment.startsWith(container);
    const own = contained ? segment.slice(container.length + 1) : segment;
    const parent = scope.length === 0 ? '' : (scope[scope.length - 1] as ScopePart).path;
    ends[scope.length] = end;
    scope = appended(scope, { path: parent === '' ? own : `${parent}.${own}`, type: '', call: 0 });
    container = segment;
    start = end + 1;
  }
  return scope;
}
const DOT = 46;
const SLASH = 47;

function slashesIn(name: string): number {
  let n = 0;
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) n++;
  return n;
}

/** Modules within modules; real models have some fifteen. Every level of a name takes memory of the names above it again. */
const MAX_DEPTH = 200;

function checkDepth(depth: number, node: NodeProto): void {
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `a node's name puts it ${depth} modules deep, more than ${MAX_DEPTH}`, {
      format: 'onnx',
      at: { node: node.name.slice(0, 200) },
    });
}

/**
 * A convolution into which a batch norm was folded says that it is the batch norm; its weight's name tells what it is.
 * Only a sibling is corrected: a module that uses another one's weight does so itself.
 */
function withWeights(scope: Scope, node: NodeProto): Scope {
  const { opType: kind } = node;
  if (scope.length === 0 || (kind !== 'Conv' && kind !== 'ConvTranspose')) return scope;
  const weight = node.input[1] ?? '';
  const last = scope[scope.length - 1] as ScopePart;
  if (!weight.endsWith('.weight')) return scope;
  const path = weight.slice(0, -'.weight'.length);
  if (path === last.path || parent(path) !== parent(last.path)) return scope;
  const axes = node.attribute.find((a) => a.name === 'kernel_shape')?.ints?.length;
  return [...scope.slice(0, -1), { path, type: axes === undefined ? '' : `torch.nn.${kind}${axes}d`, call: last.call }];
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

/** `torch.nn.modules.conv.Conv2d` is what people call `torch.nn.Conv2d`. */
function shortClass(name: string): string {
  return name.replace(/^torch\.nn\.modules\.(?:\w+\.)*(\w+)$/, 'torch.nn.$1');
}

/** A list of texts as Python prints it: `['', 'layer1', "it's"]`. */
function listOf(node: NodeProto, key: string): string[] {
  const value = node.metadataProps.find((m) => m.key === key)?.value;
  if (typeof value !== 'string') return [];
  return [...value.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map((m) =>
    (m[1] ?? m[2] ?? '').replace(/\\(.)/g, '$1'),
  );
}
