import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Baseline, baselineFrom } from '../src/check/baseline.js';
import type { Checked } from '../src/check/verdicts.js';
import { commandData } from './command-data.js';
import type { Inputs } from './inputs.js';

/** The verdicts of `opcount check`, and what every model costs. */
export interface Run {
  readonly checked: readonly Checked[];
  readonly costs: Baseline;
}

/** Runs `opcount check` in a folder. `costs` is where it writes all numbers. Throws where the command itself fails. */
export function check(inputs: Inputs, folder: string, costs: string): Run {
  const data = JSON.parse(opcount(inputs, folder, '--format', 'json')) as { readonly models: readonly Checked[] };
  return { checked: data.models, costs: costsIn(inputs, folder, costs) };
}

/** Reports of all models without verdicts: this needs no baseline in the project. */
function costsIn(inputs: Inputs, folder: string, costs: string): Baseline {
  opcount(inputs, folder, '--format', 'json', '--baseline', costs, '--update', '--quiet');
  return baselineFrom(readFileSync(costs, 'utf8'), costs);
}

function opcount(inputs: Inputs, folder: string, ...args: readonly string[]): string {
  const [program = '', ...before] = inputs.command;
  const config = inputs.config === '' ? [] : ['--config', inputs.config];
  // Windows starts scripts such as npx.cmd by its shell alone, which takes words apart at spaces.
  const shell = program.endsWith('.cmd');
  const all = [...before, 'check', ...config, ...args];
  const done = spawnSync(program, shell ? all.map((word) => `"${word}"`) : all, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: '1' },
    shell,
  });
  if (done.error !== undefined) throw new Error(`${program} cannot be run: ${done.error.message}`);
  // 0 kept, 1 over budget, 3 and 4 models that cannot be read: all of these are told in the output.
  if (![0, 1, 3, 4].includes(done.status ?? -1) || done.stdout.trim() === '')
    throw new Error(done.stderr.trim() || `opcount check ended with ${done.status}`);
  return done.stdout;
}

const CONFIGS = [...['json', 'ts', 'mts', 'js', 'mjs'].map((end) => `opcount.config.${end}`), 'package.json'];

/**
 * Reports of the models at the base of a pull request: its files, with this branch's configuration, so that the models are the
 * same. Null where the base is not available or cannot be counted, which does not fail this branch.
 * Always leaves the checkout as it was.
 */
export function checkBase(inputs: Inputs, temp: string): Baseline | null {
  const { pull } = inputs;
  if (pull === null || !/^[0-9a-f]{40,64}$/.test(pull.baseSha)) return null;
  // As git calls it: a folder of the runner may be reached by links.
  const folder = realpathSync(inputs.folder);
  const git = (...args: string[]): string | null => {
    // In a job with a container the checkout belongs to another user.
    const done = spawnSync('git', ['-c', 'safe.directory=*', ...args], { cwd: folder, encoding: 'utf8' });
    return done.status === 0 ? done.stdout.trim() : null;
  };
  const top = git('rev-parse', '--show-toplevel');
  if (top === null) return null;
  const tree = join(temp, 'base');
  if (git('cat-file', '-e', `${pull.baseSha}^{commit}`) === null)
    git('fetch', '--no-tags', '--depth=1', 'origin', pull.baseSha);
  if (git('worktree', 'add', '--detach', '--force', tree, pull.baseSha) === null) return null;
  try {
    const there = join(tree, relative(top, folder));
    const config = inputs.config || CONFIGS.find((name) => existsSync(join(folder, name)));
    if (config === undefined) return null;
    mkdirSync(dirname(join(there, config)), { recursive: true });
    copyFileSync(join(folder, config), join(there, config));
    // The imports of a configuration in TypeScript.
    const packages = join(folder, 'node_modules');
    if (existsSync(packages) && !existsSync(join(there, 'node_modules')))
      symlinkSync(packages, join(there, 'node_modules'), 'junction');
    return costsIn(inputs, there, join(temp, 'base.json'));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    console.log(`::warning title=opcount::the base branch was not counted: ${commandData(text)}`);
    return null;
  } finally {
    git('worktree', 'remove', '--force', tree);
  }
}
