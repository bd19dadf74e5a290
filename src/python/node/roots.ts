import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A file larger than this is not searched for imports. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Longer lines, and imports beyond so many, are a program's that is made to take time. */
const MAX_LINE = 1000;
const MAX_NAMES = 1000;
/** `from ..a.b import`, `import a.b, c`: no two parts of it can match the same text, or it would take the square of a line. */
const IMPORT = /^[ \t]*(?:from[ \t]+(?=[.\w])(\.*)((?:\w[\w.]*)?)[ \t]*\bimport\b|import[ \t]+(\w[\w., \t]*))/;
/** Folders above the file's own that are looked at. */
const MAX_LEVELS = 8;
/** Names of Python's own library: never looked for above a file. */
const STANDARD = new Set(
  (
    'abc argparse ast asyncio base64 bisect collections contextlib copy csv dataclasses datetime enum functools gc glob gzip hashlib heapq ' +
    'html http importlib inspect io itertools json logging math multiprocessing numbers operator os pathlib pickle platform queue random re ' +
    'shutil signal socket statistics string struct subprocess sys tempfile textwrap threading time traceback types typing unittest urllib uuid ' +
    'warnings weakref xml yaml zipfile torch numpy'
  ).split(' '),
);

/**
 * Files that mark the folder of a project. Above it a file finds nothing by itself: its imports are a stranger's choice, and the
 * folders beside the project are the user's.
 */
const MARKS = ['.git', '.hg', '.gitignore', 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt'];

export interface ImportRoots {
  /** Folders above the file to import from. */
  readonly roots: readonly string[];
  /** Read for that: a root, or the one package in it that the file is part of. */
  readonly readable: readonly string[];
  /** A folder that has what is imported, outside the file's project: read only if the user gives it. Null for none. */
  readonly outside: string | null;
}

/**
 * Folders above a Python file from which its imports resolve: `from models.net import …` in repo/tools/run.py finds repo, which
 * something in it marks as a project. Reads names of folders only; never goes to the home folder or above it.
 */
export function importRoots(file: string, given: readonly string[]): ImportRoots {
  const path = resolve(file);
  const own = dirname(path);
  const chain = [own, ...ancestors(own)];
  const end = chain.findIndex((folder) => MARKS.some((mark) => existsSync(join(folder, mark))));
  const project = new Set(chain.slice(0, end + 1));
  const found: string[] = [];
  const readable: string[] = [];
  let outside: string | null = null;
  const { names, level } = importsOf(path);
  if (level > 0) {
    // Relative imports need as many folders above, and the whole of a package that goes on by `__init__.py`.
    const top = chain.findIndex((folder) => !existsSync(join(folder, '__init__.py')));
    const depth = Math.max(level, top);
    const [inner, root] = [chain[depth - 1], chain[depth]];
    if (depth > 1 && inner !== undefined && root !== undefined) {
      if (depth === top || project.has(inner)) {
        found.push(root);
        readable.push(inner);
      } else outside = root;
    }
  }
  for (const name of names) {
    if (STANDARD.has(name.split('.')[0] as string) || [own, ...given, ...found].some((f) => holds(f, name))) continue;
    const root = chain.slice(1).find((folder) => holds(folder, name));
    if (root === undefined) continue;
    if (project.has(root)) {
      found.push(root);
      readable.push(root);
    } else outside ??= root;
  }
  return { roots: found, readable, outside };
}

/** The folders above, nearest first, up to the home folder or the root, these left out. */
function ancestors(folder: string): string[] {
  const above: string[] = [];
  const end = homedir();
  for (let at = dirname(folder); above.length < MAX_LEVELS; at = dirname(at)) {
    if (at === dirname(at) || at === end || end.startsWith(`${at}/`)) break;
    above.push(at);
  }
  return above;
}

/** Whether a folder has the module: the file or folder of its first name, and of its second where it has one. */
function holds(folder: string, name: string): boolean {
  const [first = '', second] = name.split('.');
  const inner = join(folder, first);
  if (second === undefined) return existsSync(`${inner}.py`) || isPackage(inner);
  if (!isFolder(inner)) return false;
  return (
    existsSync(join(inner, `${second}.py`)) || isFolder(join(inner, second)) || existsSync(join(inner, '__init__.py'))
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // not there, or a name that no folder can have
  }
}

/** A folder with a Python file in it. */
function isPackage(path: string): boolean {
  try {
    return isFolder(path) && readdirSync(path).some((n) => n.endsWith('.py'));
  } catch {
    return false; // a folder that may not be read
  }
}

function importsOf(file: string): { names: Set<string>; level: number } {
  const names = new Set<string>();
  let level = 0;
  for (const line of textOf(file).split('\n')) {
    if (line.length > MAX_LINE || names.size >= MAX_NAMES) continue;
    const [, dots = '', module = '', list = ''] = IMPORT.exec(line) ?? [];
    level = Math.max(level, dots.length);
    if (dots === '' && module !== '') names.add(module);
    for (const part of list.split(',')) {
      const name = part.trim().split(/\s/)[0] ?? '';
      if (name !== '') names.add(name);
    }
  }
  return { names, level };
}

/** A file that cannot be read has no imports here: whoever opens it says what is wrong. */
function textOf(file: string): string {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= MAX_TEXT_BYTES ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
