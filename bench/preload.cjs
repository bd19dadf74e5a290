// Loaded into each measured process: writes its peak memory (kB) where the benchmark looks for it.
process.on('exit', () =>
  require('node:fs').writeFileSync(process.env.OPCOUNT_BENCH_RSS, String(process.resourceUsage().maxRSS)),
);
