import { resolve } from 'node:path';
import type { UserConfig } from 'vite';

// Settings that the builds of the page and of the page in one file share.
export const DIST = resolve(import.meta.dirname, '../dist');

export const ROLLDOWN = {
  checks: { pluginTimings: false, ineffectiveDynamicImport: false },
  external: ['pyodide'],
};

export const BUILD = {
  emptyOutDir: true,
  target: 'es2022',
  modulePreload: { polyfill: false },
  reportCompressedSize: false,
  chunkSizeWarningLimit: 4096, // heavy rooms are chunks of their own, loaded when a file asks for them
} satisfies UserConfig['build'];

/** Both take the library as anyone would get it: the built package's browser entries. */
export const COMMON = {
  root: import.meta.dirname,
  logLevel: 'warn',
  publicDir: false,
  resolve: {
    alias: [
      { find: /^opcount$/, replacement: `${DIST}/lib/index.js` },
      { find: /^opcount\/ledger$/, replacement: `${DIST}/lib/ledger.js` },
      { find: /^opcount\/measure$/, replacement: `${DIST}/lib/measure/index.js` },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
} satisfies UserConfig;
