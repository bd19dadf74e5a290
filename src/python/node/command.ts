import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelError } from '../../source/errors.js';
import { packages } from '../../source/node/packages.js';
import { shipped } from '../../source/node/shipped.js';
import { imageFile } from './image-file.js';

/** A way to start the confined process. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Remembers that this system does not offer it. */
  fails(): void;
}

/** Files of opcount that the confined process reads. */
export interface ChildFiles {
  /** The script that it runs. */
  readonly entry: string;
  readonly pyodide: string;
  readonly image: string | null;
}

const PYODIDE_FILES = ['pyodide.js', 'pyodide.asm.js', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];

let failed = 0;

/** The ways to start the confined process, the strictest first, without those that failed before. */
export function commands(files: ChildFiles): Command[] {
  const node = [process.execPath, ...nodeFlags(files), files.entry, files.pyodide, files.image ?? ''];
  const ways = wrappers().map((wrapper, level) => {
    const [file, ...args] = [...wrapper, ...node] as [string, ...string[]];
    return {
      file,
      args,
      fails: () => {
        failed = Math.max(failed, level + 1);
      },
    };
  });
  return ways.slice(Math.min(failed, ways.length - 1));
}

/** Node's permission model: these files may be read, and nothing else is allowed. */
export function nodeFlags({ entry, pyodide, image }: ChildFiles): string[] {
  const known = (flag: string): boolean => process.allowedNodeEnvironmentFlags.has(flag);
  const reads = [entry, ...PYODIDE_FILES.map((name) => join(pyodide, name)), ...(image === null ? [] : [image])];
  return [
    known('--permission') ? '--permission' : '--experimental-permission',
    ...reads.map((file) => `--allow-fs-read=${file}`),
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    '--no-addons',
    '--max-old-space-size=256',
    ...(known('--disable-sigusr1') ? ['--disable-sigusr1'] : []),
    ...(known('--experimental-websocket') ? ['--no-experimental-websocket'] : []),
  ];
}

/**
 * On Linux: a namespace without any network, no privileges, and an end with its parent, by the tools that come with nearly
 * every distribution. Where the system forbids namespaces, as most containers do, the rest; else nothing.
 */
function wrappers(): string[][] {
  if (process.platform !== 'linux') return [[]];
  const unshare = tool('unshare');
  const setpriv = tool('setpriv');
  const plain = setpriv === null ? null : [setpriv, '--pdeathsig', 'KILL', '--no-new-privs'];
  const bare = plain === null ? null : [...plain, '--bounding-set=-all', '--inh-caps=-all', '--'];
  const alone = unshare === null ? null : [unshare, '--user', '--map-root-user', '--net', '--ipc', '--'];
  return [
    ...(alone === null || bare === null ? [] : [[...alone, ...bare]]),
    ...(alone === null ? [] : [alone]),
    ...(plain === null ? [] : [[...plain, '--']]),
    [],
  ];
}

/** A tool of the system, from its own folders only: a folder of the user's may hold another one of that name. */
function tool(name: string): string | null {
  return (
    ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find((f) => existsSync(f)) ?? null
  );
}

/** Throws ModelError `unsupported` if the package `pyodide` is not installed, or opcount is not built. */
export function childFiles(): ChildFiles {
  const entry = shipped('python-child.cjs');
  if (entry === null)
    throw new ModelError('unsupported', 'this copy of opcount is not built', {
      format: 'python',
      hint: 'npm run build',
    });
  return { entry, pyodide: pyodideFolder(), image: imageFile() };
}

function pyodideFolder(): string {
  try {
    return realpathSync(dirname(packages().resolve('pyodide')));
  } catch (cause) {
    throw new ModelError('unsupported', 'Python sources need the package pyodide, which is not installed', {
      format: 'python',
      hint: 'npm install pyodide (it is an optional dependency, for PyTorch sources alone); or export the model: .pt2, ONNX',
      cause,
    });
  }
}
