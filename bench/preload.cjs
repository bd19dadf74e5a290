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

/** Processor time of the processes that this one has started and waited for; what the system counts is a hundredth of a second. */
function ofChildren() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' '); // from the third on: the second may hold anything
    return (Number(fields[13]) + Number(fields[14])) * 1e4;
  } catch {
    return 0;
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.OPCOUNT_BENCH_OUT, `${peak()} ${user + system + ofChildren()}`);
});
