// The model that the first page shows before anything is opened, read by the page's own worker code.
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const EXAMPLE = 'resnet50';

/** The library as it was built, beside the script. */
const built = {
  name: 'built',
  setup({ onResolve }) {
    onResolve({ filter: /^opcount(\/ledger)?$/ }, ({ path }) => ({
      path: path === 'opcount' ? './lib/index.js' : './lib/ledger.js',
      external: true,
    }));
  },
};

/** Writes the example into a folder of the built page. */
export async function writeExample(folder) {
  const script = resolve('dist/example.mjs');
  await build({
    entryPoints: ['app/worker/example.ts'],
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [built],
  });
  const { exampleOf } = await import(pathToFileURL(script).href);
  writeFileSync(join(folder, 'example.json'), JSON.stringify(await exampleOf(EXAMPLE)));
  rmSync(script);
}
