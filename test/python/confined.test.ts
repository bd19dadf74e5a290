import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { read, runScript } from '../../src/node.js';
import type { Ending } from '../../src/python/confinement.js';
import { filesOf } from '../../src/python/files.js';
import { childFiles, commands } from '../../src/python/node/command.js';
import { folderFiles } from '../../src/python/node/files.js';
import { heldBy } from '../../src/python/node/memory.js';
import { runConfined } from '../../src/python/node/process.js';
import { importRoots } from '../../src/python/node/roots.js';

const root = mkdtempSync(join(tmpdir(), 'confined-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
/** A program in a folder of its own. */
function program(text: string, name = 'program.py'): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function output(script: string, seconds = 120): Promise<string> {
  const decoder = new TextDecoder();
  let out = '';
  await runScript(script, {
    seconds,
    output: {
      stdout: (bytes) => {
        out += decoder.decode(bytes, { stream: true });
      },
    },
  });
  return out;
}

test.each([
  ['a loop in C', 'sum(range(10**14))'],
  [
    'a loop in C that allocates nothing',
    'import collections, itertools\ncollections.deque(itertools.repeat(None), maxlen=0)',
  ],
  ['a loop that ignores signals', 'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass'],
  [
    'a loop that catches whatever interrupts it',
    'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
  ],
  ['a loop at exit', 'import atexit\n@atexit.register\ndef _():\n  while True: pass\nwhile True: pass'],
])(
  '%s ends at the limit of time',
  async (_, text) => {
    await expect(runScript(program(text), { seconds: 4 })).rejects.toMatchObject({
      kind: 'ModelError',
      code: 'limit',
      message: 'the program did not end within 4 s',
      at: { file: 'program.py' },
      hint: expect.stringContaining('--time-limit'),
    });
  },
  100_000,
);

test.each([
  ['in one piece', 'x = bytearray(1900 * 1024 * 1024)\nfor i in range(0, len(x), 4096): x[i] = 1'],
  ['bit by bit', 'l = []\nwhile True: l.append(bytearray(1 << 20))'],
  [
    'and goes on without',
    'l = []\nwhile True:\n  try:\n    while True: l.append("a" * (1 << 24))\n  except MemoryError: pass',
  ],
])(
  'memory that is taken %s is limited',
  async (_, text) => {
    await expect(runScript(program(text), { seconds: 100 })).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('MiB of memory'),
      hint: expect.stringContaining('data'),
    });
  },
  120_000,
);

test('a flood of output ends', async () => {
  await expect(output(program('while True: print("x" * 100000)'))).rejects.toMatchObject({
    code: 'limit',
    message: expect.stringContaining('prints more than'),
  });
}, 150_000);

test('no link leads out of the folders that may be read', async () => {
  const outside = join(root, 'secret.txt');
  writeFileSync(outside, 'secret');
  const script = program(
    'import os\nprint(sorted(os.listdir(".")))\nfor p in ("inner.txt", "file.txt", "folder/secret.txt", "../secret.txt", "/etc/passwd", "/proc/self/environ"):\n  print(p, os.path.exists(p))\n',
  );
  const folder = join(script, '..');
  writeFileSync(join(folder, 'own.txt'), 'own');
  symlinkSync(join(folder, 'own.txt'), join(folder, 'inner.txt'));
  symlinkSync(outside, join(folder, 'file.txt'));
  symlinkSync(root, join(folder, 'folder'));
  expect((await output(script)).split('\n')).toEqual([
    "['inner.txt', 'own.txt', 'program.py']",
    ...['inner.txt True', 'file.txt False', 'folder/secret.txt False', '../secret.txt False'],
    ...['/etc/passwd False', '/proc/self/environ False', ''],
  ]);
}, 100_000);

test('a link to a folder above is not there, though the folder itself is where what may be read is below it', () => {
  const own = join(root, String(count++), 'project', 'models');
  mkdirSync(own, { recursive: true });
  symlinkSync(join(own, '../..'), join(own, 'up'));
  const files = folderFiles(join(own, 'program.py'), [own]);
  expect(files.stat(join(own, '../..'))).toEqual({ kind: 'folder', size: 0 });
  expect(files.list(join(own, '../..'))).toEqual(['project']);
  for (const path of ['up', 'up/project', 'up/.']) {
    expect(files.stat(`${own}/${path}`), path).toBeNull();
    expect(files.list(`${own}/${path}`), path).toEqual([]);
  }
  // A path that leads back in is there, as through any other link.
  expect(files.stat(`${own}/up/project/models`)?.kind).toBe('folder');
  expect(files.list(own)).toEqual([]);
});

test('memory of a process is what is resident and what was swapped out', () => {
  const status = 'Name:\tnode\nVmPeak:\t 900 kB\nVmRSS:\t  100 kB\nRssAnon:\t   90 kB\nVmSwap:\t   20 kB\n';
  expect(heldBy(status)).toBe(120 * 1024);
  expect(heldBy('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
});

/** A program in project/models, beside folders that are not its project's. */
function beside(marked: string | null, text: string): string {
  const top = join(root, String(count++));
  const own = join(top, 'project', 'models');
  for (const folder of [own, join(top, 'private'), join(top, 'project', 'parts')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(top, 'private', 'notes.py'), 'secret = 1');
  writeFileSync(join(top, 'project', 'parts', 'block.py'), '');
  writeFileSync(join(own, '__init__.py'), '');
  if (marked !== null) writeFileSync(join(top, 'project', marked), '');
  writeFileSync(join(own, 'program.py'), text);
  return join(own, 'program.py');
}

test.each([
  ['by a name', 'import private.notes', null, false, null],
  ['by going up', 'from .... import notes', null, false, null],
  ['by a name, out of a project', 'import private.notes', 'pyproject.toml', false, null],
  ['by going up, out of a project', 'from ...private import notes', 'setup.py', false, null],
  ['by a name, in a project', 'import parts.block', '.git', true, 'project'],
  ['by going up, in a project', 'from ..parts import block', 'setup.py', true, ''],
])('imports open no folder outside the project: %s', (_, imports, marked, opened, from) => {
  const script = beside(marked, `if 0:\n  ${imports}\n`);
  const top = join(script, '../../..');
  const { roots, readable, outside } = importRoots(script, []);
  const files = folderFiles(script, [join(script, '..'), ...readable]);
  expect(files.stat(join(top, 'project/parts/block.py'))?.kind ?? null).toBe(opened ? 'file' : null);
  expect(files.stat(join(top, 'private'))).toBeNull();
  expect(files.list(top)).toEqual(['project']);
  expect(roots).toEqual(from === null ? [] : [join(top, from)]);
  expect(outside === null).toBe(opened);
});

test('a source that cannot be read has no imports, and is refused by who opens it', async () => {
  const script = program('import a.b\n');
  for (const path of [`${script}/x.py`, join(script, '..', `${'x'.repeat(300)}.py`), join(root, 'nowhere.py'), root]) {
    expect(importRoots(path, [])).toEqual({ roots: [], readable: [], outside: null });
    await expect(read(`${path}:Net`)).rejects.toMatchObject({ kind: 'SourceError', hint: expect.any(String) });
  }
});

test.each([
  ['spaces', `from${' '.repeat(300_000)}x`],
  ['dots', `from ${'.'.repeat(300_000)}!`],
  ['short lines of dots', `from ${'.'.repeat(900)}!\n`.repeat(1000)],
  ['short lines of spaces', `from${' '.repeat(900)}!\n`.repeat(1000)],
  ['imports', Array.from({ length: 70_000 }, (_, i) => `import a${i}\n`).join('')],
  ['a name that no file can have', `import ${'a'.repeat(300)}\nimport ${'b'.repeat(300)}.c`],
])('imports are found without going over a line again and again: %s', (_, text) => {
  const script = program(text);
  // The squares of these lengths would take minutes.
  expect(importRoots(script, [])).toMatchObject({ roots: [], readable: [] });
});

test('an import from outside the project says what would open it', async () => {
  const missing = beside(null, 'import private.notes\nprint(private.notes.secret + 1)');
  await expect(runScript(missing)).rejects.toMatchObject({
    hint: expect.stringMatching(/if you trust it .*--python-path \//),
  });
  const model = beside(null, 'import private.notes\nimport torch\nNet = lambda: torch.nn.Linear(4, 4)');
  const { notes } = await read(`${model}:Net`, { inputs: [[1, 4]] });
  expect(notes).toContainEqual({ code: 'import-root', message: expect.stringContaining('is not read: --python-path') });
}, 100_000);

test('what hands out addresses or objects of the host can neither be imported nor made', async () => {
  const script = program(`
import _imp, importlib.machinery as machinery, importlib.util, sys
for name in ("js", "pyodide", "pyodide.ffi", "pyodide.code", "pyodide_js", "_pyodide", "_pyodide_core"):
    try:
        __import__(name)
        print("imported", name)
    except ImportError:
        pass
import ctypes
try:
    print("an address", ctypes.addressof(1) + 1)
except NotImplementedError:
    pass
sys.meta_path.clear()
for name in ("_ctypes", "_pyodide_core"):
    sys.modules.pop(name, None)
    for make in (
        lambda: _imp.create_builtin(machinery.ModuleSpec(name, machinery.BuiltinImporter)),
        lambda: importlib.util.module_from_spec(machinery.BuiltinImporter.find_spec(name)),
        lambda: machinery.BuiltinImporter.load_module(name),
    ):
        try:
            print("made", make())
        except ImportError:
            pass
print("done")
`);
  expect(await output(script)).toBe('done\n');
}, 100_000);

test('one job leaves nothing to the next', async () => {
  const script = program(
    'import builtins, torch\nprint(hasattr(builtins, "left"))\nbuiltins.left = 1\ntorch.nn.Linear = None\n',
  );
  expect(await output(script)).toBe('False\n');
  expect(await output(script)).toBe('False\n');
}, 100_000);

test('an error has the place in the program, and no frame of ours', async () => {
  const failed = read(
    `${program('import torch\n\nclass Net(torch.nn.Module):\n  def forward(self, x):\n    return self.no_such(x)\n')}:Net`,
    {
      inputs: [[1, 3]],
    },
  );
  await expect(failed).rejects.toMatchObject({
    kind: 'ModelError',
    at: { file: 'program.py', line: 5 },
    hint: expect.any(String),
  });
  await expect(failed).rejects.not.toThrow(/opcount|pyodide|python3/);
}, 100_000);

test('YAML that is not is the error that its library raises', async () => {
  const script = program(
    'import yaml\ntry:\n  yaml.safe_load("a: [1, 2")\nexcept yaml.YAMLError as e:\n  print("caught")\n',
  );
  expect(await output(script)).toBe('caught\n');
}, 100_000);

/** What becomes of a confined process that runs another script than ours. */
async function impostor(text: string, seconds = 20): Promise<Ending> {
  const entry = join(root, `impostor-${count++}.cjs`);
  writeFileSync(
    entry,
    `const { readSync, writeSync } = require('node:fs');
const send = (kind, text, length) => { const b = Buffer.from(text); const h = Buffer.alloc(5); h.writeUInt32LE(length ?? b.length); h[4] = kind; writeSync(3, Buffer.concat([h, b])); };
send(1, '');
readSync(3, Buffer.alloc(4096));
${text}
setInterval(() => {}, 1000);`,
  );
  const files = { ...childFiles(), entry };
  return runConfined(
    files,
    { files: filesOf(new Map()), mounts: [], limits: { seconds, bytes: 2 ** 29 } },
    { answer: () => 'null', stdout: () => {}, stderr: () => {} },
    commands(files).slice(-1),
  );
}

test('a process that lies, floods or ends is an error, and nothing else', async () => {
  expect(await impostor("send(99, '');")).toMatchObject({ kind: 'broken' });
  expect(await impostor('process.reallyExit(3);')).toMatchObject({ kind: 'broken', why: expect.stringContaining('3') });
  expect(await impostor('process.abort();')).toMatchObject({ kind: 'broken' });
  expect(await impostor("send(6, '{}');")).toMatchObject({ kind: 'done' });
  expect(await impostor(`send(6, '{"stopped":7,"error":{"a":1}}');`)).toMatchObject({ kind: 'broken' });
  expect(await impostor('const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1));')).toEqual({
    kind: 'memory',
  });
  await expect(impostor("send(2, 'x', 2 ** 31);")).rejects.toMatchObject({ code: 'limit' });
  for (const text of [
    "send(6, '{');",
    "send(6, 'null');",
    "send(3, 'null');",
    `send(3, '{"call":"write","path":"/"}');`,
    "send(3, '[');",
  ])
    await expect(impostor(text), text).rejects.toMatchObject({ kind: 'ModelError', code: 'malformed' });
  // Questions without end, whose answers nobody reads.
  expect(await impostor(`for (;;) send(2, '["job",[],[]]');`, 3)).toEqual({ kind: 'time' });
}, 200_000);
