import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const dist = resolve(import.meta.dirname, '../dist');

// The script and the styles of a page that is saved as one file, which the page puts together with a model.
export default defineConfig({
  root: import.meta.dirname,
  logLevel: 'warn',
  publicDir: false,
  resolve: {
    alias: [
      { find: /^opcount$/, replacement: `${dist}/lib/index.js` },
      { find: /^opcount\/ledger$/, replacement: `${dist}/lib/ledger.js` },
    ],
  },
  define: { 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: `${dist}/app/single`,
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    minify: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: resolve(import.meta.dirname, 'single.tsx'),
      output: { codeSplitting: false, entryFileNames: 'page.js', assetFileNames: 'page.[ext]' },
      checks: { pluginTimings: false, ineffectiveDynamicImport: false },
      external: ['pyodide'],
    },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
  },
});
