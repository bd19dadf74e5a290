import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageFile } from '../python/node/image-file.js';
import { SourceError } from '../source/errors.js';
import { packages } from '../source/node/packages.js';
import { EXIT, UsageError } from './errors.js';
import { emit, say } from './output.js';
import { type Mounts, serve } from './serve.js';

export interface ViewFlags {
  readonly open?: boolean;
  readonly port?: number;
}

/** `opcount view [model]`: the page on loopback, until it is interrupted. */
export async function runView(model: string | undefined, flags: ViewFlags): Promise<number> {
  // Beside the command, or beside the folder of its parts; a checkout has the sources of the page in a folder of that name.
  const here = dirname(fileURLToPath(import.meta.url));
  const page = existsSync(join(here, 'app', 'index.html')) ? join(here, 'app') : join(here, '..', 'app');
  if (!existsSync(join(page, 'index.html')))
    throw new UsageError('the page is not built into this copy of opcount', 'npm run build makes it');
  const file = model !== undefined && existsSync(model) ? model : null;
  // A path is told from a built-in name, which the page itself looks up, by its looks.
  if (
    file === null &&
    model !== undefined &&
    /[/\\]|\.[a-z][a-z0-9_]{1,11}$/i.test(model) &&
    !/^https?:\/\//i.test(model)
  )
    throw new SourceError(`there is no file ${model}`, {
      hint: 'check the path; `opcount models` lists the built-in names',
    });
  if (file !== null && statSync(file).isDirectory())
    throw new UsageError(
      `${file} is a folder`,
      'give the model file in it, or open the page and drop the folder there',
    );
  const served = await serve(page, file, flags.port ?? 0, {
    ...mount('pyodide', 'pyodide'),
    ...pythonImage(),
    ...mount('onnxruntime', 'onnxruntime-web'),
  });
  const shown = served.model ?? model;
  const url = shown === undefined ? served.url : `${served.url}#m=${encodeURIComponent(shown)}`;
  emit(`${url}\n`, undefined);
  say('The page is served to this machine alone. Ctrl-C ends it.');
  if (flags.open !== false) openBrowser(url);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  served.close();
  return EXIT.fine;
}

/** The folder of a package, if it is installed: Python for PyTorch sources, and what runs a model, both in WebAssembly. */
function mount(segment: string, name: string): Mounts {
  try {
    return { [segment]: dirname(packages().resolve(name)) };
  } catch {
    return {};
  }
}

/** The package has the image of Python packed: the page takes the unpacked one, wherever it lies. */
function pythonImage(): Mounts {
  const image = imageFile();
  return image === null ? {} : { 'python.image': image };
}

/** Asks the desktop to show a page; if there is no desktop, the address is on the screen. */
function openBrowser(url: string): void {
  const [command, args]: [string, string[]] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['explorer.exe', [url]]
        : ['xdg-open', [url]];
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
