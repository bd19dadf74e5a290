// All checks in one command: format and lint, types (twice: with Node's types, and without them for the rooms that must
// run in a browser), dead code, the tests, and the package as a stranger would get it. Each check that is not a test
// runner counts as one; the last line sums everything up.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureFirefox } from './firefox.mjs';
import { ensureRedis } from './redis.mjs';

const bin = (name) => join('node_modules', '.bin', name);
const run = (command, args) => spawnSync(command, args, { stdio: 'inherit', env: process.env }).status === 0;
process.env.OPCOUNT_PACK = '0';
const scratch = mkdtempSync(join(tmpdir(), 'opcount-test-'));
const results = join(scratch, 'results.json');

const checks = [
  ['build', () => run(process.execPath, ['scripts/build.mjs'])],
  ['lint and format', () => run(bin('biome'), ['ci', '--error-on-warnings', '.'])],
  ['types', () => run(bin('tsc'), ['-p', 'tsconfig.json'])],
  ['types without Node', () => run(bin('tsc'), ['-p', 'tsconfig.pure.json'])],
  ['types of the page', () => run(bin('tsc'), ['-p', 'app/tsconfig.json'])],
  ['dead code', () => run(bin('knip'), ['--no-progress'])],
  ['package: publint', () => run(bin('publint'), ['--strict'])],
  ['package: types resolve', () => run(bin('attw'), ['--pack', '.', '--profile', 'esm-only'])],
];

let passed = 0;
let failed = 0;
const broken = [];
for (const [name, check] of checks) {
  console.log(`\n> ${name}`);
  if (check()) passed++;
  else {
    failed++;
    broken.push(name);
  }
}

// The page is tested in real browsers, queues with a real server. Where there is none the rest is tested all the same; CI
// must have all of them.
for (const [variable, what, found] of [
  ['CHROMIUM', 'Chromium: the tests of the page are', ensureChromium()],
  ['FIREFOX', 'Firefox: its test of the page is', ensureFirefox()],
  ['REDIS_SERVER', 'Redis server: the tests of queues are', ensureRedis()],
]) {
  if (found !== null) {
    process.env[variable] = found;
    continue;
  }
  console.log(`\nNo ${what} skipped (${variable}=/path/to/it names one).`);
  if (process.env['CI'] === 'true') {
    failed++;
    broken.push(`no ${what.split(':')[0]}`);
  }
}

console.log('\n> tests');
run(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]);
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // A file that does not load has no tests to fail; it is a failure all the same.
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  failed += unloaded.length;
  if (report.numTotalTests === 0) {
    failed++;
    broken.push('no test ran');
  }
} catch (error) {
  failed++;
  broken.push(`tests did not report: ${error.message}`);
}
rmSync(scratch, { recursive: true, force: true });

if (broken.length > 0) console.log(`\nFailed checks: ${broken.join(', ')}`);
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
