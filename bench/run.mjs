// Ratios, in one run on one machine: whole processes against bare `node -e 0`, and time a node inside the process.
// Nothing here is a test; figures vary with the machine, ratios much less.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain, sparse, withZeroWeights } from './models.mjs';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'dist', 'opcount.js');
if (!existsSync(cli)) {
  console.error('dist/ is not built: run `npm ci` first');
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'opcount-bench-'));
/** `--quick`: one minute in place of three. */
const QUICK = process.argv.includes('--quick');
const ROUNDS = QUICK ? 5 : 11;
/** Of runs that take a second or more. */
const LONG_ROUNDS = QUICK ? 1 : 3;

function once(args) {
  const measured = join(scratch, 'measured');
  const env = { ...process.env, OPCOUNT_BENCH_OUT: measured };
  const start = process.hrtime.bigint();
  const done = spawnSync(process.execPath, ['--require', join(import.meta.dirname, 'preload.cjs'), ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (done.status !== 0) throw new Error(`${args.join(' ')}: ${done.stderr}`);
  const [kb = 0, us = 0] = readFileSync(measured, 'utf8').split(' ').map(Number);
  return { ms, mb: kb / 1024, cpu: us / 1e3, out: done.stdout };
}

const fixture = (name) => join(root, 'test/fixtures', name);

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Interleaved, so that a busy moment of the machine falls on all alike. The first round fills the cache of code. */
function compare(cases) {
  const runs = cases.map(() => []);
  for (let i = 0; i <= ROUNDS; i++)
    for (const [c, { args, long = false }] of cases.entries()) {
      if (long && i > LONG_ROUNDS) continue;
      const run = once(args);
      if (i > 0) runs[c].push(run);
    }
  const of = (c, key) => median(runs[c].map((run) => run[key]));
  const ratio = (c, key) => `${(of(c, key) / of(0, key)).toFixed(2).padStart(6)}×`;
  console.log(`${''.padEnd(34)}      time   ratio  processor  ratio    memory   ratio`);
  for (const [c, { name }] of cases.entries())
    console.log(
      `${name.padEnd(34)} ${of(c, 'ms').toFixed(0).padStart(6)} ms ${ratio(c, 'ms')} ${of(c, 'cpu').toFixed(0).padStart(6)} ms ${ratio(c, 'cpu')} ${of(c, 'mb').toFixed(0).padStart(6)} MB ${ratio(c, 'mb')}`,
    );
}

try {
  const big = join(scratch, 'resnet50.onnx');
  const sizes = withZeroWeights(readFileSync(join(root, 'test/fixtures/onnx/resnet50.legacy17.onnx')), big);
  const huge = join(scratch, 'sparse.onnx');
  const hugeSizes = sparse(huge, 70, 4096);
  const wide = join(scratch, 'wide.onnx');
  const long = join(scratch, 'long.onnx');
  writeFileSync(wide, chain(20_000, 4));
  writeFileSync(long, chain(100_000));
  console.log(`Whole processes, medians, as ratios to bare Node ${process.version}:\n`);
  compare([
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: 'opcount resnet50 (built in)', args: [cli, 'resnet50'] },
    { name: `opcount resnet50.onnx (${(sizes.total / 1e6).toFixed(0)} MB)`, args: [cli, big] },
    { name: 'opcount resnet50.pt2', args: [cli, fixture('pt2-oracle/torchvision__resnet50.pt2')] },
    { name: 'opcount gpt2.pt2 (free sizes)', args: [cli, fixture('pt2/gpt2.dyn.pt2')] },
    { name: `opcount one file of ${(hugeSizes.total / 1e9).toFixed(1)} GB (ONNX)`, args: [cli, huge] },
    { name: 'opcount 20k nodes, 5k weights', args: [cli, wide], long: true },
    { name: 'opcount 100k nodes', args: [cli, long], long: true },
    { name: 'opcount resnet50.pt (TorchScript)', args: [cli, fixture('torchscript/resnet50.trace.pt')] },
    { name: 'opcount gpt2.pt (TorchScript)', args: [cli, fixture('torchscript/gpt2.trace.pt')] },
    { name: 'opcount gpt2.pth (checkpoint)', args: [cli, fixture('pth/gpt2.state_dict.pth')] },
    {
      name: 'opcount resnet50.py:ResNet50',
      args: [cli, `${fixture('python/resnet50.py')}:ResNet50`, '--input', '1x3x224x224'],
      long: true,
    },
    { name: 'opcount run (thop on resnet50)', args: [cli, 'run', fixture('python/thop_script.py')], long: true },
  ]);
  const { model } = JSON.parse(once([cli, big, '--format', 'json']).out);
  const { model: one } = JSON.parse(once([cli, huge, '--format', 'json']).out);
  console.log(
    `\nbytes read of resnet50.onnx: ${model.bytesRead} of ${model.bytes}; graph without weights ${sizes.graph}; ratio ${(model.bytesRead / sizes.graph).toFixed(3)}`,
  );
  console.log(
    `bytes read of sparse.onnx: ${one.bytesRead} of ${one.bytes}; graph without weights ${hugeSizes.graph}; ratio ${(one.bytesRead / hugeSizes.graph).toFixed(3)}`,
  );

  const { profile } = await import(join(root, 'dist', 'lib', 'node.js'));
  const { resnet50 } = await import(join(root, 'dist', 'lib', 'models', 'index.js'));
  const perSecond = await rate(async () => profile(resnet50(), { inputs: [[1, 3, 224, 224]] }));
  console.log(`\nIn process: resnet50, built and profiled: ${perSecond.toFixed(0)} a second`);

  console.log('\nONNX chains, time a node:');
  let first = 0;
  for (const nodes of QUICK ? [1_000, 10_000] : [1_000, 10_000, 100_000]) {
    const bytes = chain(nodes);
    await profile(bytes);
    const runs = nodes > 50_000 ? 2 : 5;
    const samples = [];
    for (let i = 0; i < runs; i++) {
      const start = process.hrtime.bigint();
      await profile(bytes);
      samples.push(Number(process.hrtime.bigint() - start) / 1e3 / nodes);
    }
    const us = median(samples);
    first ||= us;
    console.log(
      `${String(nodes).padStart(8)} nodes  ${us.toFixed(2).padStart(7)} µs a node  ${(us / first).toFixed(2)}×`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function rate(work) {
  for (let i = 0; i < 10; i++) await work();
  const start = process.hrtime.bigint();
  let n = 0;
  while (process.hrtime.bigint() - start < 2_000_000_000n) {
    await work();
    n++;
  }
  return n / (Number(process.hrtime.bigint() - start) / 1e9);
}
