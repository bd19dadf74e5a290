export type EntryKind = 'file' | 'folder';

/** Folders and files that a program may read, and no others; paths are absolute and have `/` between their parts. */
export interface PythonFiles {
  stat(path: string): { readonly kind: EntryKind; readonly size: number } | null;
  list(path: string): readonly string[];
  read(path: string): Uint8Array;
}

/** A larger file is not a source: weights are not read. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Files of one text each, by absolute path: what a page has, or a source without neighbours. */
export function filesOf(contents: ReadonlyMap<string, Uint8Array>): PythonFiles {
  const folders = new Map<string, Set<string>>([['/', new Set()]]);
  for (const path of contents.keys()) {
    const parts = path.split('/').slice(1);
    for (const [i, part] of parts.entries()) {
      const parent = `/${parts.slice(0, i).join('/')}`;
      const known = folders.get(parent) ?? new Set();
      known.add(part);
      folders.set(parent, known);
    }
  }
  return {
    stat(path) {
      const file = contents.get(path);
      if (file !== undefined) return { kind: 'file', size: file.length };
      return folders.has(path) ? { kind: 'folder', size: 0 } : null;
    },
    list: (path) => [...(folders.get(path) ?? [])],
    read: (path) => contents.get(path) ?? new Uint8Array(),
  };
}

// The part of Emscripten's file system that is used; it has no types of its own.
interface FsNode {
  id: number;
  mode: number;
  parent: FsNode;
  name: string;
  node_ops: NodeOps;
  stream_ops: StreamOps;
  path?: string;
}
interface FsStream {
  node: FsNode;
  flags: number;
  position: number;
  contents?: Uint8Array;
}
interface NodeOps {
  getattr(node: FsNode): Record<string, unknown>;
  setattr(node: FsNode): void;
  lookup(parent: FsNode, name: string): FsNode;
  readdir(node: FsNode): string[];
}
interface StreamOps {
  open(stream: FsStream): void;
  close(stream: FsStream): void;
  read(stream: FsStream, buffer: Uint8Array, offset: number, length: number, position: number): number;
  write?(): never;
  llseek(stream: FsStream, offset: number, whence: number): number;
}
export interface EmscriptenFs {
  ErrnoError: new (errno: number) => Error;
  createNode(parent: FsNode | null, name: string, mode: number, dev: number): FsNode;
  mount(type: { mount(mount: unknown): FsNode }, options: object, path: string): void;
  mkdirTree(path: string): void;
  makedev(major: number, minor: number): number;
  registerDevice(dev: number, ops: object): void;
  mkdev(path: string, mode: number, dev: number): void;
  isDir(mode: number): boolean;
}

const FOLDER = 0o040555;
const FILE = 0o100444;
const NO_SUCH_FILE = 44;
const READ_ONLY = 69;
const TOO_LARGE = 22;

/** Mounts a folder for reading; nothing of it is looked at before a program does. */
export function mountFolder(fs: EmscriptenFs, files: PythonFiles, folder: string, at: string): void {
  const fail = (errno: number): never => {
    throw new fs.ErrnoError(errno);
  };
  const node = (parent: FsNode | null, name: string, kind: EntryKind, path: string): FsNode => {
    const made = fs.createNode(parent, name, kind === 'folder' ? FOLDER : FILE, 0);
    made.path = path;
    made.node_ops = nodeOps;
    made.stream_ops = streamOps;
    return made;
  };
  const nodeOps: NodeOps = {
    getattr(n) {
      const stat = files.stat(n.path ?? '') ?? fail(NO_SUCH_FILE);
      const time = new Date(0);
      return {
        dev: 1,
        ino: n.id,
        mode: n.mode,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        size: stat.size,
        atime: time,
        mtime: time,
        ctime: time,
        blksize: 4096,
        blocks: Math.ceil(stat.size / 4096),
      };
    },
    setattr: () => fail(READ_ONLY),
    lookup(parent, name) {
      const path = parent.path === '/' ? `/${name}` : `${parent.path}/${name}`;
      const stat = files.stat(path) ?? fail(NO_SUCH_FILE);
      return node(parent, name, stat.kind, path);
    },
    readdir: (n) => ['.', '..', ...files.list(n.path ?? '')],
  };
  const streamOps: StreamOps = {
    open(stream) {
      if ((stream.flags & 3) !== 0) fail(READ_ONLY);
      if (fs.isDir(stream.node.mode)) return;
      const path = stream.node.path ?? '';
      if ((files.stat(path)?.size ?? 0) > MAX_FILE_BYTES) fail(TOO_LARGE);
      stream.contents = files.read(path);
    },
    close() {},
    read(stream, buffer, offset, length, position) {
      const contents = stream.contents ?? new Uint8Array();
      const part = contents.subarray(position, position + length);
      buffer.set(part, offset);
      return part.length;
    },
    llseek(stream, offset, whence) {
      const end = stream.contents?.length ?? 0;
      const to = whence === 1 ? stream.position + offset : whence === 2 ? end + offset : offset;
      return to < 0 ? fail(28) : to;
    },
  };
  fs.mkdirTree(at);
  fs.mount({ mount: () => node(null, '/', 'folder', folder) }, {}, at);
}

/** Where a folder can be mounted: where it is, unless Python's own files are there. */
export function mountPoint(folder: string, index: number): string {
  return /^\/(?:$|lib(?:\/|$)|dev(?:\/|$)|proc(?:\/|$)|opcount(?:\/|$))|^[^/]/.test(folder) ? `/mnt/${index}` : folder;
}
