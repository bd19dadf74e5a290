// Builds dist/: the library as plain modules (tsc) and the command line as one bundled entry (esbuild),
// so that it starts in little more than the time Node itself takes; heavy rooms stay separate chunks; and the page in
// dist/app, static files made of the built library (vite).
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';
import { buildPython } from './python.mjs';

const require = createRequire(import.meta.url);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
await buildPython();
await build({
  entryPoints: { opcount: 'src/cli/main.ts' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  keepNames: true, // class names of models are what reports and conventions show
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Some dependencies are CommonJS and ask for Node's own modules by `require`, which an ES module has to make first.
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  },
  legalComments: 'none',
  external: ['pyodide'],
});
chmodSync('dist/opcount.js', 0o755);
await buildPage({ configFile: 'app/vite.config.ts', configLoader: 'runner' });
renameSync('dist/python-worker.js', 'dist/app/python-worker.js');
