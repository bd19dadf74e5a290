import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { BUILD, COMMON, DIST, ROLLDOWN } from './common.config.ts';

// The script and the styles of a page that is saved as one file, which the page puts together with a model.
export default defineConfig({
  ...COMMON,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    ...BUILD,
    outDir: `${DIST}/app/single`,
    cssCodeSplit: false,
    minify: true,
    rolldownOptions: {
      ...ROLLDOWN,
      input: resolve(import.meta.dirname, 'single.tsx'),
      output: { codeSplitting: false, entryFileNames: 'page.js', assetFileNames: 'page.[ext]' },
    },
  },
});
