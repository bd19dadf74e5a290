import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { PAGE_PIECES, WORKER_PIECES } from './pieces.ts';

const dist = resolve(import.meta.dirname, '../dist');

// The page takes the library as anyone would get it: the built package's browser entries.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  publicDir: false,
  resolve: {
    alias: [
      { find: /^opcount$/, replacement: `${dist}/lib/index.js` },
      { find: /^opcount\/ledger$/, replacement: `${dist}/lib/ledger.js` },
      { find: /^opcount\/measure$/, replacement: `${dist}/lib/measure/index.js` },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        keepNames: true, // class names of models are what reports and conventions show
        codeSplitting: WORKER_PIECES,
      },
      checks: { pluginTimings: false, ineffectiveDynamicImport: false },
      external: ['pyodide'],
    },
  },
  build: {
    outDir: `${dist}/app`,
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      output: { codeSplitting: PAGE_PIECES },
      checks: { pluginTimings: false, ineffectiveDynamicImport: false },
      external: ['pyodide'],
    },
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096, // heavy rooms are chunks of their own, loaded when a file asks for them
  },
});
