import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    setupFiles: ['test/silent.ts', 'test/seed.ts'],
    testTimeout: 60_000,
    // A busy machine takes its time: what is waited for is a state, and this only ends what never comes.
    expect: { poll: { timeout: 60_000 } },
    // Also the processor that the runner would keep for itself: it waits most of the time.
    maxWorkers: '100%',
  },
});
