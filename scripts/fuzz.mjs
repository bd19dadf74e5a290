// `npm run fuzz`: the fuzzer of test/fuzz, with the sources as they are, built into one program that runs in processes.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = 'test/fuzz/formats';
const hooks = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .sort();
const program = join(process.cwd(), 'node_modules', '.cache', `fuzz-${process.pid}.mjs`);

await build({
  stdin: {
    // A format joins by its file in the folder.
    contents: [
      "import { main } from '../main.ts';",
      ...hooks.map((name, i) => `import f${i} from './${name}';`),
      `process.exitCode = await main(process.env.FUZZ_PROGRAM, [${hooks.map((_, i) => `f${i}`).join(', ')}], process.argv.slice(2));`,
    ].join('\n'),
    resolveDir: folder,
    sourcefile: 'fuzz.ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  keepNames: true,
  outfile: program,
  external: ['pyodide', 'esbuild'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
process.env.FUZZ_PROGRAM = program;
try {
  await import(pathToFileURL(program).href);
} finally {
  rmSync(program, { force: true });
}
