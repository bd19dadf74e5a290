// Loaded into each measured process: writes its own peak memory (kB) and processor time (µs) where the benchmark looks for
// them. The peak that the system keeps for a child begins with that of the parent it was forked from, so the process asks
// for its own, which begins with its program.
const { readFileSync, writeFileSync } = require('node:fs');

function peak() {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.OPCOUNT_BENCH_OUT, `${peak()} ${user + system}`);
});
