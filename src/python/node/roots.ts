import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A file larger than this is not searched for imports. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
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
 * Folders above a Python file from which its imports resolve: `from models.net import …` in repo/tools/run.py finds repo.
 * Reads names of folders only; never goes to the home folder or above it.
 */
export function importRoots(file: string, given: readonly string[]): string[] {
  const path = resolve(file);
  const own = dirname(path);
  const found: string[] = [];
  const { names, level } = importsOf(path);
  if (level > 0) {
    // Relative imports need as many folders above, and the whole of a package that goes on by `__init__.py`.
    const above = [own, ...ancestors(own)];
    const top = above.findIndex((folder) => !existsSync(join(folder, '__init__.py')));
    const root = above[Math.max(level, top)];
    if (root !== undefined && Math.max(level, top) > 1) found.push(root);
  }
  for (const name of names) {
    if (STANDARD.has(name.split('.')[0] as string) || [own, ...given, ...found].some((f) => holds(f, name))) continue;
    const root = ancestors(own).find((folder) => holds(folder, name));
    if (root !== undefined) found.push(root);
  }
  return found;
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
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
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
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const text = size > 0 && size <= MAX_TEXT_BYTES ? readFileSync(file, 'utf8') : '';
  for (const [, dots = '', module = '', list = ''] of text.matchAll(
    /^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm,
  )) {
    level = Math.max(level, dots.length);
    if (dots === '' && module !== '') names.add(module);
    for (const part of list.split(',')) {
      const name = part.trim().split(/\s/)[0] ?? '';
      if (name !== '') names.add(name);
    }
  }
  return { names, level };
}
