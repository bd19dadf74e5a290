import type { TreeNode } from '../ledger/index.js';
import { type Encode, shapeOut } from './encode.js';
import type { ReportCount, ReportExtent, ReportNode, ReportStored } from './types.js';

/** A node without its children. */
export type NodeHead<N = ReportCount, E = ReportExtent> = Omit<ReportNode<N, E>, 'children' | 'entries'>;

/** Every field is written out: a report may have a million nodes, and objects that are spread take twice the memory. */
export function headOut<N, E>(node: TreeNode, encode: Encode<N, E>): NodeHead<N, E> {
  const { count } = encode;
  const { kind, name, path, type, calls, unknown } = node;
  const output = shapeOut(node.output, encode);
  const params = count(node.params);
  const [macs, flops] = [count(node.tally.macs), count(node.tally.flops)];
  const [readBytes, writeBytes] = [count(node.readBytes), count(node.writeBytes)];
  const { stored } = storedOut(node.stored, encode);
  return stored === undefined
    ? { kind, name, path, type, calls, output, params, macs, flops, readBytes, writeBytes, unknown }
    : { kind, name, path, type, calls, output, params, macs, flops, readBytes, writeBytes, unknown, stored };
}

export function storedOut<N, E>(
  stored: TreeNode['stored'],
  encode: Encode<N, E>,
): { readonly stored?: ReportStored<N, E> } {
  if (stored === undefined) return {};
  const { buffers, bytes, dtypes, shape } = stored;
  return {
    stored: { buffers: encode.count(buffers), bytes: encode.count(bytes), dtypes, shape: shapeOut(shape, encode) },
  };
}

type Clean<N, E> = (head: NodeHead<N, E>) => NodeHead<N, E>;

/**
 * A node that makes its children when they are looked at: a screen shows some twenty of a model's nodes, which may be a
 * hundred thousand. For reports that are shown and handed to nobody: a copy of it has no children.
 */
export class LateNode<N = ReportCount, E = ReportExtent> implements ReportNode<N, E> {
  readonly kind: ReportNode['kind'];
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly output: ReportNode<N, E>['output'];
  readonly params: N;
  readonly macs: N;
  readonly flops: N;
  readonly readBytes: N;
  readonly writeBytes: N;
  readonly unknown: number;
  declare readonly stored?: ReportStored<N, E>;
  readonly #tree: TreeNode;
  readonly #encode: Encode<N, E>;
  readonly #clean: Clean<N, E>;
  #children: readonly LateNode<N, E>[] | null = null;

  constructor(tree: TreeNode, encode: Encode<N, E>, clean: Clean<N, E> = (head) => head) {
    const head = clean(headOut(tree, encode));
    this.kind = head.kind;
    this.name = head.name;
    this.path = head.path;
    this.type = head.type;
    this.calls = head.calls;
    this.output = head.output;
    this.params = head.params;
    this.macs = head.macs;
    this.flops = head.flops;
    this.readBytes = head.readBytes;
    this.writeBytes = head.writeBytes;
    this.unknown = head.unknown;
    if (head.stored !== undefined) this.stored = head.stored;
    this.#tree = tree;
    this.#encode = encode;
    this.#clean = clean;
  }

  get children(): readonly LateNode<N, E>[] {
    this.#children ??= this.#tree.children.map((child) => new LateNode(child, this.#encode, this.#clean));
    return this.#children;
  }

  /** The same with its texts, and those of all below it, as `clean` makes them. */
  cleaned(clean: Clean<N, E>): LateNode<N, E> {
    return new LateNode(this.#tree, this.#encode, clean);
  }

  /** Another part of the model, shown as this one is. */
  of(tree: TreeNode): LateNode<N, E> {
    return new LateNode(tree, this.#encode, this.#clean);
  }

  /** The tree that it shows, for questions about all of its nodes. */
  get tree(): TreeNode {
    return this.#tree;
  }
}

/** The nodes for a question about every one of them: the nodes themselves, or what they are made from. */
export function everyNode(node: ReportNode): ReportNode | TreeNode {
  return node instanceof LateNode ? node.tree : node;
}
