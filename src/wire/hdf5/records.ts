import { Bytes, type File, h5Error } from './bytes.js';

// The records of a tree (B-tree, version 2). HDF5 file format specification, section III.A.2.

const MAX_RECORDS = 1 << 20;
const MAX_LEVELS = 32;
/** Signature, version, type and checksum of a node. */
const NODE_OVERHEAD = 10;

interface Tree {
  readonly file: File;
  readonly recordSize: number;
  /** Of each level from the leaves up: how many records a node may have, and how many it has with all below it. */
  readonly most: readonly number[];
  readonly totals: readonly number[];
}

/** The records of the tree at `address`, in its order. Throws ModelError `malformed` or `limit`. */
export function recordsOf(file: File, address: number): Bytes[] {
  const head = new Bytes(file, address, 16 + file.offsetSize + 2 + file.lengthSize);
  head.expect('BTHD');
  head.skip(2);
  const nodeSize = head.u32();
  const recordSize = head.u16();
  const depth = head.u16();
  head.skip(2);
  const root = head.address();
  const count = head.u16();
  if (root === null || count === 0) return [];
  if (recordSize === 0 || depth > MAX_LEVELS) throw h5Error(file, 'malformed', 'a tree has no records', address);
  const walk = new Walk({ file, recordSize, ...capacities(file, nodeSize, recordSize, depth) });
  walk.node(root, count, depth);
  return walk.records;
}

/** How many records nodes of each level hold at most: that tells how wide numbers of records are. */
function capacities(file: File, nodeSize: number, recordSize: number, depth: number): Pick<Tree, 'most' | 'totals'> {
  const leaf = Math.floor((nodeSize - NODE_OVERHEAD) / recordSize);
  const most = [leaf];
  const totals = [leaf];
  for (let level = 1; level <= depth; level++) {
    const pointer = pointerSize({ file, most, totals }, level);
    const own = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (recordSize + pointer));
    most.push(own);
    totals.push((own + 1) * (totals[level - 1] as number) + own);
  }
  return { most, totals };
}

/** Bytes of a pointer to a child: its address, its records, and above the lowest level those of all below it. */
function pointerSize({ file, most, totals }: Pick<Tree, 'file' | 'most' | 'totals'>, level: number): number {
  const all = level > 1 ? widthOf(totals[level - 1] as number) : 0;
  return file.offsetSize + widthOf(most[level - 1] as number) + all;
}

/** Bytes of a number up to n. */
function widthOf(n: number): number {
  return Math.max(1, Math.ceil(Math.log2(n + 1) / 8));
}

class Walk {
  readonly records: Bytes[] = [];
  readonly #tree: Tree;
  readonly #seen = new Set<number>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** The node at `at` with `used` records, and all below it. */
  node(at: number, used: number, level: number): void {
    const { file, recordSize } = this.#tree;
    if (this.#seen.has(at)) throw h5Error(file, 'malformed', 'a tree feeds itself', at);
    this.#seen.add(at);
    const pointers = level === 0 ? 0 : (used + 1) * pointerSize(this.#tree, level);
    const node = new Bytes(file, at, 6 + used * recordSize + pointers);
    node.expect(level === 0 ? 'BTLF' : 'BTIN');
    for (let i = 0; i < used; i++) {
      if (this.records.length >= MAX_RECORDS)
        throw h5Error(file, 'limit', `a tree has more than ${MAX_RECORDS} records`, at);
      this.records.push(new Bytes(file, at + 6 + i * recordSize, recordSize));
    }
    if (level > 0) this.#children(node, used, level);
  }

  #children(node: Bytes, used: number, level: number): void {
    const { recordSize, most, totals } = this.#tree;
    node.at = 6 + used * recordSize;
    for (let i = 0; i <= used; i++) {
      const child = node.address();
      const records = node.unsigned(widthOf(most[level - 1] as number));
      if (level > 1) node.skip(widthOf(totals[level - 1] as number));
      if (child !== null) this.node(child, records, level - 1);
    }
  }
}
