// The commands, their options and the text of --help. Each loads its own code when it runs.
import { Command, Option } from 'commander';
import { CHECK_FORMATS } from '../check/formats.js';
import { VERSION } from '../report/version.js';
import { UsageError } from './errors.js';
import {
  addFormatFlags,
  addModelFlags,
  addOutputFlags,
  addPythonFlags,
  addReportFlags,
  addServingFlags,
  bindings,
  list,
  repeated,
  whole,
} from './options.js';
import { addTrainingFlags } from './training.js';
import { VERBS, type Verb } from './verbs.js';

/**
 * The commands that these arguments can mean: those named, all where help or what is made of all is requested. Building one
 * takes its time.
 */
export function wantedIn(argv: readonly string[]): readonly Verb[] {
  const all = argv.length === 0 || argv.some((arg) => ['help', '-h', '--help', 'completion'].includes(arg));
  return VERBS.filter((name) => all || name === 'profile' || argv.includes(name));
}

/** The parser of the command line, with these commands. */
export function program(wanted: readonly Verb[]): Command {
  const opcount = new Command('opcount')
    .description('What a neural network costs: MACs, FLOPs, parameters and memory, read from the model itself.')
    .version(VERSION)
    .showHelpAfterError(false)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
<model> is a file, file.py:Class, an http(s) URL, - (stdin) or a built-in name
(opcount models).

  opcount resnet50                           the numbers, and where compute goes
  opcount model.onnx --input 1x3x640x640     at another input size
  opcount resnet50 --as thop,torchstat       what other tools print for it
  opcount model.py:Net --input 1x3x224x224   a PyTorch source, with no PyTorch
  opcount resnet50 -o table.tex              a table for a paper, or .csv, .md
  opcount resnet50 vit_b_16 -o models.tex    several models, a row each
  opcount reconcile resnet50 4.1G            which tools print that, and why
  opcount train resnet50 --device rtx-4090   a training step: memory, work
  opcount check model.onnx --max-macs 5G     a budget to keep in CI
  opcount bench model.onnx                   measured here: latency, FPS, FLOP/s
  opcount view model.onnx                    the page: drawings, sliders

Exit codes: 0 fine, 1 over budget or uncounted operators in check, 2 usage,
3 unreadable model, 4 unreachable source.`,
    );
  for (const name of wanted) COMMANDS[name](opcount);
  return opcount;
}

/** Each command, with its options. Its code is loaded when it is requested. */
const COMMANDS: Readonly<Record<Verb, (opcount: Command) => void>> = {
  profile: (opcount) => {
    addTrainingFlags(
      addReportFlags(
        opcount
          .command('profile', { isDefault: true })
          .description('profile a model (the default); several models are a table, a row each')
          .argument('<models...>'),
      ).option('--training', 'what a training step costs: work, memory, fit on --device'),
    ).action(async (models: readonly string[], flags) =>
      finish(
        models.length === 1
          ? await (await import('./profile.js')).runProfile(models[0] as string, flags)
          : await (await import('./several.js')).runSeveral(models, flags),
      ),
    );
  },
  train: (opcount) => {
    addTrainingFlags(
      addReportFlags(
        opcount
          .command('train')
          .description('what a training step costs: will it fit, what takes the memory, what checkpointing would save')
          .argument('<model>'),
      ),
    ).action(async (model: string, flags) =>
      finish(await (await import('./profile.js')).runProfile(model, { ...flags, training: 'only' })),
    );
  },
  compare: (opcount) => {
    addOutputFlags(
      addTrainingFlags(
        addModelFlags(
          opcount
            .command('compare')
            .description('two models, modules side by side, with the difference of each')
            .argument('<a>', 'a model, or a report that --format json wrote')
            .argument('<b>'),
        ).option('--training', 'also a training step of each: work, what is kept, states, the peak'),
      )
        .option('--input-b <[name=]shape[:dtype]>', 'an input of b, in place of --input (repeatable)', repeated)
        .option('--bind-b <name=value,…>', 'numbers for free dimensions of b, in place of --bind', bindings)
        .option('--depth <n>', 'levels of the module tree', whole('--depth', 0)),
      ['table', 'json'],
    ).action(async (a: string, b: string, flags) =>
      finish(await (await import('./compare.js')).runCompare(a, b, flags)),
    );
  },
  reconcile: (opcount) => {
    addOutputFlags(
      addModelFlags(
        opcount
          .command('reconcile')
          .description('what every tool prints and the terms that explain it; with a number, who prints that')
          .argument('<model>')
          .argument('[number]', 'as it stands in a paper: 4.1G, 8.2GFLOPs, 25.6M, 4,133,742,592'),
      )
        .option('--as <convention,…>', 'only these tools: thop,torchstat,…', list)
        .addOption(new Option('--training').hideHelp()),
      ['table', 'json', 'md'],
      false,
    ).action(async (model: string, number: string | undefined, flags) =>
      finish(await (await import('./reconcile.js')).runReconcile(model, number, flags)),
    );
  },
  run: (opcount) => {
    addPythonFlags(
      opcount
        .command('run')
        .description('run a Python script that uses PyTorch and a counter, with neither installed')
        .argument('<script.py>')
        .argument('[args...]', 'arguments of the script')
        .passThroughOptions(),
    ).action(async (script: string, args: string[], flags) =>
      finish(await (await import('./run.js')).runRun(script, args, flags)),
    );
  },
  check: (opcount) => {
    const check = addModelFlags(
      opcount
        .command('check')
        .description(
          'fail when models are over budget, have grown, or have operators that cannot be counted; without models, those of opcount.config.json',
        )
        .argument('[models...]'),
    );
    for (const [flag, what] of [
      ['--max-macs', '5G'],
      ['--max-flops', '10G'],
      ['--max-params', '30M'],
      ['--max-weights', '100MiB'],
      ['--max-peak', '512MiB'],
      ['--max-cache', '2GiB, for language models'],
      ['--max-training', '24GiB, the peak of a training step'],
    ] as const)
      check.option(`${flag} <amount>`, `at most so much: ${what}`, later(flag));
    addTrainingFlags(addServingFlags(check))
      .option('--config <file>', 'the configuration, where it is not opcount.config.json')
      .option('--baseline <file>', 'what nothing may outgrow: written by --update, or a report of --format json')
      .option('--update', 'write what the models cost now into the baseline')
      .option('--tolerance <percent>', 'growth over the baseline to let pass', percentage)
      .addOption(new Option('--format <format>', 'how to print it').choices([...CHECK_FORMATS]))
      .option('-o, --output <file>', 'write the result there instead of to stdout')
      .option('--quiet', 'no notes on stderr')
      .action(async (models: string[], flags) => {
        const [{ runCheck }, { amount }] = await Promise.all([import('./check.js'), import('../check/amount.js')]);
        for (const key of Object.keys(flags)) if (/^max[A-Z]/.test(key)) flags[key] = amount(flags[key]);
        finish(await runCheck(models, flags));
      });
  },
  scan: (opcount) => {
    addModelFlags(
      opcount
        .command('scan')
        .description('many models: a row for each, and one for each type of layer, as NDJSON and Parquet')
        .argument('[models...]', 'folders, files, names, or @list.txt with one of these a line'),
    )
      .option('-o, --output <folder>', 'where the tables go; a scan that was stopped goes on from them')
      .option('--shard <i/n>', 'one part of many: 3/100, or auto from SLURM or Kubernetes', later('--shard'))
      .option('--queue <url>', 'share the work with other processes: redis://host:6379 (needs the package bullmq)')
      .option(
        '--lease <seconds>',
        'with --queue: how long a worker may be silent before others do its jobs (30)',
        whole('--lease', 1),
      )
      .option('--merge', 'only make models.parquet and layers.parquet of all parts in the folder')
      .option('--jobs <n>', 'workers at once (as many as there are processors)', whole('--jobs', 1))
      .option('--model-time <seconds>', 'how long a model may take (60)', whole('--model-time', 1))
      .option('--memory <MiB>', 'how much heap a worker may have (2048)', whole('--memory', 64))
      .option('--quiet', 'no progress on stderr')
      .action(async (models: string[], flags) => finish(await (await import('./scan/scan.js')).runScan(models, flags)));
  },
  mcp: (opcount) => {
    opcount
      .command('mcp')
      .description(
        'the same numbers as tools for assistants: a server of the Model Context Protocol on stdin and stdout',
      )
      .action(async () => finish(await (await import('./mcp/server.js')).runMcp()));
  },
  bench: (opcount) => {
    addOutputFlags(
      opcount
        .command('bench')
        .description(
          'run an ONNX model here, with ONNX Runtime: latency, FPS, FLOP/s achieved, time beside MACs of each operator',
        )
        .argument('<model.onnx>')
        .option('--input <[name=]shape[:dtype]>', 'an input: 1x3x224x224, ids=1x128:int64 (repeatable)', repeated)
        .option('--bind <name=value,…>', 'numbers for free dimensions: batch=8,seq=128', bindings)
        .option('--batch <n,…>', 'at these batches: 1,2,4,8', batches)
        .option('--time <seconds>', 'measure for so long; left out, until the median is steady', positive('--time'))
        .option('--threads <n>', 'threads of the runtime; left out, as many as it takes', whole('--threads', 1))
        .option('--top <n>', 'operators that are listed (20)', whole('--top', 1))
        .option('--time-limit <seconds>', 'how long loading or a run may take (300)', whole('--time-limit', 1)),
      ['table', 'json', 'md'],
      false,
    ).action(async (model: string, flags) => finish(await (await import('./bench.js')).runBench(model, flags)));
  },
  view: (opcount) => {
    opcount
      .command('view')
      .description('the page: where the compute goes, in a browser; served to this machine alone')
      .argument('[model]', 'a file, an http(s) URL or a built-in name; without one, drop a model on the page')
      .option('--no-open', 'print the address, open no browser')
      .option('--port <n>', 'a port of your choice instead of a free one', portNumber)
      .action(async (model: string | undefined, flags) =>
        finish(await (await import('./view.js')).runView(model, flags)),
      );
  },
  models: (opcount) => {
    addFormatFlags(
      opcount
        .command('models')
        .description('the built-in models; with --devices, the devices that --device knows')
        .option('--devices', 'the devices and their figures'),
      ['table', 'json'],
    ).action(async (flags) => {
      const { runDevices, runModels } = await import('./models.js');
      finish(flags.devices === true ? await runDevices(flags) : await runModels(flags));
    });
  },
  explain: (opcount) => {
    addFormatFlags(
      opcount
        .command('explain')
        .description('formula, source and limits of an operator or a convention')
        .argument('[op|convention]'),
      ['table', 'json'],
    ).action(async (subject: string | undefined, flags) =>
      finish(await (await import('./explain.js')).runExplain(subject, flags)),
    );
  },
  completion: (opcount) => {
    opcount
      .command('completion')
      .description('a script that completes commands, options and built-in names in a shell')
      .argument('<bash|zsh|fish>')
      .action(async (shell: string) => finish((await import('./completion.js')).runCompletion(shell, opcount)));
  },
};

function later(_flag: string): (text: string) => string {
  return (text) => text;
}

function portNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 65_535) throw new UsageError(`--port takes a port number, not "${text}"`);
  return n;
}

/** `1,2,4,8`: without repeats, in that order. */
function batches(text: string): number[] {
  const one = whole('--batch', 1);
  return [...new Set(list(text).map((part) => one(part)))];
}

function positive(name: string): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d*\.?\d+$/.test(text) || n <= 0) throw new UsageError(`${name} takes seconds, not "${text}"`);
    return n;
  };
}

function percentage(text: string): number {
  const n = Number(text.replace(/\s*%$/, ''));
  if (!Number.isFinite(n) || n < 0) throw new UsageError(`--tolerance takes a percentage, not "${text}"`);
  return n;
}

/** The exit code, set and not called: what is still being written is written. */
export function finish(code: number): void {
  process.exitCode = code;
}
