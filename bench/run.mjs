// Ratios, in one run on one machine: whole processes against bare `node -e 0`, and work inside a process.
//
// Processes are compared by their processor time (user and system), not by the clock: other programs make the clock
// longer by as much as they take. Every run is followed by one of bare Node, so that a busy moment falls on both; ratios
// are those of each pair, and their median is given. Memory is the peak of the process itself. Nothing here is a test.
//
//   npm run bench               three minutes
//   npm run bench -- --quick    one minute
//   npm run bench -- --node /path/to/node    the same rows with another Node too
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chain, manyTensors, plainChain, sparse, withZeroWeights } from './models.mjs';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'dist', 'opcount.js');
if (!existsSync(cli)) {
  console.error('dist/ is not built: run `npm ci` first');
  process.exit(2);
}
const QUICK = process.argv.includes('--quick');
const other = process.argv.includes('--node')
  ? process.argv[process.argv.indexOf('--node') + 1]
  : process.env.OPCOUNT_BENCH_NODE;
/** Seconds: the first round of all rows is always run; more only while there is time. */
const BUDGET = QUICK ? 40 : 110;
const begin = performance.now();
const spent = () => (performance.now() - begin) / 1000;
const scratch = mkdtempSync(join(tmpdir(), 'opcount-bench-'));

/** One process: processor time in ms, and its own peak of memory in MB. */
function once(args, node = process.execPath) {
  const measured = join(scratch, 'measured');
  const done = spawnSync(node, ['--require', join(import.meta.dirname, 'preload.cjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, OPCOUNT_BENCH_OUT: measured },
    maxBuffer: 2 ** 28,
  });
  if (done.status !== 0) throw new Error(`${args.join(' ')}: ${done.stderr.slice(-2000)}`);
  const [kb = 0, us = 0] = readFileSync(measured, 'utf8').split(' ').map(Number);
  return { mb: kb / 1024, ms: us / 1e3, out: done.stdout };
}

const fixture = (name) => join(root, 'test/fixtures', name);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const times = (n) => `${n.toFixed(2).padStart(6)}×`;

/** Rows in rounds until `until` seconds are spent; a row that takes long is left out of rounds for which there is no time. */
function compare(rows, until, node = process.execPath) {
  const runs = rows.map(() => []);
  once(['-e', '0'], node);
  for (let round = 0; round < 15; round++)
    for (const [i, { args, warm = false }] of rows.entries()) {
      const last = runs[i].at(-1);
      if (round > 0 && spent() + (last?.seconds ?? 0) > until) continue;
      if (round === 0 && warm) once(args, node); // fills the cache of code
      const start = performance.now();
      const own = once(args, node);
      const bare = once(['-e', '0'], node);
      runs[i].push({ own, bare, seconds: (performance.now() - start) / 1000 });
    }
  console.log(`${''.padEnd(40)} runs  processor   ratio     memory   ratio   goal`);
  for (const [i, { name, goal = '' }] of rows.entries()) {
    const of = (pick) => median(runs[i].map(pick));
    const [ms, mb] = [of((r) => r.own.ms), of((r) => r.own.mb)];
    const [slower, larger] = [of((r) => r.own.ms / r.bare.ms), of((r) => r.own.mb / r.bare.mb)];
    console.log(
      `${name.padEnd(40)} ${String(runs[i].length).padStart(4)} ${ms.toFixed(0).padStart(7)} ms ${times(slower)} ${mb.toFixed(0).padStart(7)} MB ${times(larger)}   ${goal}`,
    );
  }
  const bare = runs.flat().map((r) => r.bare);
  console.log(
    `${'node -e 0'.padEnd(40)} ${String(bare.length).padStart(4)} ${median(bare.map((b) => b.ms))
      .toFixed(0)
      .padStart(7)} ms ${times(1)} ${median(bare.map((b) => b.mb))
      .toFixed(0)
      .padStart(7)} MB ${times(1)}`,
  );
}

const file = (name, contents) => {
  writeFileSync(join(scratch, name), contents);
  return join(scratch, name);
};

try {
  const big = join(scratch, 'resnet50.onnx');
  const sizes = withZeroWeights(readFileSync(fixture('onnx/resnet50.legacy17.onnx')), big);
  const starts = [
    { name: 'opcount resnet50 (built in)', args: [cli, 'resnet50'], warm: true, goal: '1.6×, memory 1.35×' },
    {
      name: `opcount resnet50.onnx (${(sizes.total / 1e6).toFixed(0)} MB)`,
      args: [cli, big],
      warm: true,
      goal: '1.6×, memory 1.35×',
    },
    { name: 'opcount llama-3.1-405b', args: [cli, 'llama-3.1-405b'], warm: true, goal: '2×' },
  ];
  const graphs = [
    { name: '20,000 nodes, 5,000 weights (ONNX)', args: [cli, file('wide.onnx', chain(20_000, 4))], goal: '9×' },
    { name: '100,000 nodes (ONNX)', args: [cli, file('long.onnx', chain(100_000))], goal: '25×, 350 MB' },
  ];
  const source = `${fixture('python/resnet50.py')}:ResNet50`;
  const python = {
    name: 'opcount resnet50.py:ResNet50',
    args: [cli, source, '--input', '1x3x224x224'],
    warm: true,
  };
  const others = [
    { name: 'opcount config.json (llama)', args: [cli, file('config.json', configOfLlama())], warm: true },
    { name: 'opcount llama-3-8b.gguf', args: [cli, fixture('gguf/llama-3-8b-q4_k_m.gguf')], warm: true },
    { name: 'opcount resnet50.pt2', args: [cli, fixture('pt2-oracle/torchvision__resnet50.pt2')] },
    { name: 'opcount gpt2.pt2 (free sizes)', args: [cli, fixture('pt2/gpt2.dyn.pt2')] },
    { name: 'opcount resnet50.pt (TorchScript)', args: [cli, fixture('torchscript/resnet50.trace.pt')] },
    { name: 'opcount gpt2.pth (checkpoint)', args: [cli, fixture('pth/gpt2.state_dict.pth')] },
    { name: '30,000 tensors (safetensors)', args: [cli, tensorsFile(30_000)] },
  ];
  console.log(`Node ${process.version}, whole processes, medians of pairs with bare Node:\n`);
  compare([...starts, ...graphs, python, ...(QUICK ? [] : others)], BUDGET * (other === undefined ? 0.6 : 0.45));
  if (other !== undefined) {
    const version = spawnSync(other, ['--version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`\nNode ${version}:\n`);
    compare(
      starts.map((row) => ({ ...row, goal: '2.4× of resnet50 on Node 24' })),
      BUDGET * 0.6,
      other,
    );
  }

  const { processes, mb } = await family(python.args);
  console.log(`\nPython sources: ${processes} processes, ${mb.toFixed(0)} MB at their peaks together`);

  const huge = join(scratch, 'sparse.onnx');
  const hugeSizes = sparse(huge, 70, 4096);
  console.log('');
  for (const [path, { graph }] of [
    [big, sizes],
    [huge, hugeSizes],
  ]) {
    const { model } = JSON.parse(once([cli, path, '--format', 'json', '--by', 'op']).out);
    console.log(
      `bytes read of ${(model.bytes / 1e6).toFixed(0)} MB: ${model.bytesRead}; graph without weights ${graph}; ratio ${(model.bytesRead / graph).toFixed(3)}`,
    );
  }

  console.log(
    '\nA chain of nodes without names, processor time a node without that of a single one (goal: 1,000,000 at most 3×):',
  );
  const of = (nodes) => {
    const path = file('chain.onnx', plainChain(nodes));
    const run = once([cli, path]);
    rmSync(path);
    return run;
  };
  const base = of(1).ms;
  let first = 0;
  for (const nodes of QUICK ? [10_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000]) {
    const samples = Array.from({ length: nodes > 10_000 ? 1 : 3 }, () => of(nodes));
    const us = (1e3 * (median(samples.map((s) => s.ms)) - base)) / nodes;
    if (nodes === 10_000) first = us;
    console.log(
      `${nodes.toLocaleString('en').padStart(11)} nodes  ${us.toFixed(1).padStart(6)} µs a node ${first === 0 ? ''.padStart(7) : times(us / first)}  ${median(samples.map((s) => s.mb)).toFixed(0)} MB`,
    );
  }

  const { profile } = await import(join(root, 'dist', 'lib', 'node.js'));
  const { ResNet, resnet50 } = await import(join(root, 'dist', 'lib', 'models', 'vision', 'resnet.js'));
  const inputs = [[1, 3, 224, 224]];
  const same = await rate(() => profile(resnet50(), { inputs }));
  // The requests of a search over architectures: no two are equal.
  const others50 = await rate((i) => {
    const model = new ResNet('bottleneck', [3, 4, 6, 3], { width_per_group: 32 + 2 * (i % 200) });
    return profile(model, { inputs });
  });
  console.log(
    `\nIn process and warm, times a second of processor time: resnet50 built and profiled ${same.toFixed(0)} (goal 1,000), of 200 widths in turn ${others50.toFixed(0)}`,
  );

  console.log('\nShipped, as files and in gzip:');
  for (const [name, what] of Object.entries({
    'dist/command.js': 'the command, all pieces',
    'dist/opcount.js': 'its entry',
    'dist/lib': 'the library',
    'dist/app/assets': 'the page',
    'dist/app/single': 'the page in one file',
    'dist/python-child.cjs': 'what Python runs in',
    'dist/app/python-worker.js': 'the same in the page',
    'dist/mcp-sdk.cjs': 'the MCP server',
  })) {
    const [bytes, packed] = sizeOf(join(root, name));
    const kB = (n) => `${(n / 1e3).toFixed(0).padStart(7)} kB`;
    console.log(`${`${name} (${what})`.padEnd(50)} ${kB(bytes)} ${kB(packed)}`);
  }
  console.log(`\n${spent().toFixed(0)} s in all`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** The memory of a process and of all that it starts, each at its own peak, looked at while they run. */
async function family(args) {
  const started = spawn(process.execPath, args, { stdio: 'ignore' });
  const peaks = new Map();
  const look = (pid) => {
    try {
      const [, kb = 0] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(kb)));
      for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' '))
        if (child !== '') look(child);
    } catch {
      // It has ended, or this is not Linux.
    }
  };
  const looking = setInterval(() => look(String(started.pid)), 10);
  await new Promise((done) => started.once('close', done));
  clearInterval(looking);
  return { processes: peaks.size, mb: [...peaks.values()].reduce((sum, kb) => sum + kb, 0) / 1024 };
}

/** A safetensors file whose weights are a hole in it. */
function tensorsFile(count) {
  const { header, bytes } = manyTensors(count);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const path = file('many.safetensors', Buffer.concat([length, header]));
  const open = openSync(path, 'r+');
  ftruncateSync(open, 8 + header.length + bytes);
  closeSync(open);
  return path;
}

/** Bytes of a file, or of all files in a folder, and what gzip makes of them. */
function sizeOf(path) {
  if (!existsSync(path)) return [0, 0];
  if (!statSync(path).isDirectory()) {
    const bytes = readFileSync(path);
    return [bytes.length, gzipSync(bytes).length];
  }
  const all = readdirSync(path).map((name) => sizeOf(join(path, name)));
  return [all.reduce((sum, [n]) => sum + n, 0), all.reduce((sum, [, n]) => sum + n, 0)];
}

function configOfLlama() {
  return JSON.stringify({
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128_256,
    max_position_embeddings: 8192,
    torch_dtype: 'bfloat16',
  });
}

/**
 * Times a second of processor time, in a process that has run it for some seconds: who asks for a thousand models lets the
 * process live. `work` is told which time it is.
 */
async function rate(work) {
  let n = 0;
  const during = async (seconds) => {
    const start = process.cpuUsage();
    const used = () => {
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    };
    const first = n;
    // Not each time: the clock of a process with many threads takes a tenth of a millisecond itself.
    while (used() < seconds) for (let i = 0; i < 10; i++) await work(n++);
    return (n - first) / used();
  };
  // Warm is where V8 optimises no more: after some 3,000 models. Then the median of seconds, as collecting garbage is uneven.
  await during(QUICK ? 1 : 4);
  const seconds = [];
  for (let i = 0; i < (QUICK ? 1 : 5); i++) seconds.push(await during(1));
  return median(seconds);
}
