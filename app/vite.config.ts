import { defineConfig } from 'vite';
import { BUILD, COMMON, DIST, ROLLDOWN } from './common.config.ts';
import { PAGE_PIECES, WORKER_PIECES } from './pieces.ts';

export default defineConfig({
  ...COMMON,
  base: './',
  worker: {
    format: 'es',
    rolldownOptions: {
      ...ROLLDOWN,
      output: {
        keepNames: true, // class names of models are what reports and conventions show
        codeSplitting: WORKER_PIECES,
      },
    },
  },
  build: {
    ...BUILD,
    outDir: `${DIST}/app`,
    rolldownOptions: { ...ROLLDOWN, output: { codeSplitting: PAGE_PIECES } },
    assetsInlineLimit: 0,
  },
});
