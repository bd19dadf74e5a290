import type { GraphProto, NodeProto } from './schema.js';

/** The modules around a node, from the outermost; the root itself is not among them. */
export type Scope = readonly { readonly path: string; readonly type: string }[];

export interface Scopes {
  readonly kind: 'names' | 'none';
  /** Class of the model itself, where the file says. */
  readonly root: string;
  of(node: NodeProto): Scope;
}

const NAMES = 'pkg.torch.onnx.name_scopes';
const CLASSES = 'pkg.torch.onnx.class_hierarchy';

/**
 * Where nodes belong: by PyTorch's metadata where there is any, by node names that are paths (`/layer1/layer1.0/conv1/Conv`)
 * where most are, else nowhere.
 */
export function scopesOf(graph: GraphProto): Scopes {
  const described = graph.node.find((n) => n.metadataProps.some((m) => m.key === NAMES));
  if (described !== undefined) {
    return { kind: 'names', root: shortClass(listOf(described, CLASSES)[0] ?? ''), of: memo(byMetadata) };
  }
  const paths = graph.node.filter((n) => /[^/]\//.test(n.name.slice(1)) || n.name.startsWith('/')).length;
  if (graph.node.length > 0 && paths * 2 > graph.node.length) return { kind: 'names', root: '', of: memo(byName) };
  return { kind: 'none', root: '', of: () => [] };
}

/** Scopes are asked for per node and repeat: one object each. */
function memo(read: (node: NodeProto) => Scope): (node: NodeProto) => Scope {
  const known = new Map<string, Scope[number]>();
  return (node) =>
    read(node).map((part) => {
      const key = `${part.path}\n${part.type}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      known.set(key, part);
      return part;
    });
}

function byMetadata(node: NodeProto): Scope {
  const names = listOf(node, NAMES);
  const classes = listOf(node, CLASSES);
  // The first is the model, the last the operator.
  const scope = names
    .slice(1, -1)
    .map((path, i) => ({ path: path.replace(/@\d+$/, ''), type: shortClass(classes[i + 1] ?? '') }));
  return scope.filter((part) => part.path !== '');
}

/** Names are put together from the names of modules, those in a container with the container's name before a dot. */
function byName(node: NodeProto): Scope {
  const segments = node.name.split('/').slice(node.name.startsWith('/') ? 1 : 0, -1);
  const scope: { path: string; type: string }[] = [];
  let path = '';
  let last = '';
  for (const segment of segments) {
    const own = last !== '' && segment.startsWith(`${last}.`) ? segment.slice(last.length + 1) : segment;
    path = path === '' ? own : `${path}.${own}`;
    last = segment;
    scope.push({ path, type: '' });
  }
  return scope;
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
