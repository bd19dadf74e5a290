import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { runCompletion } from '../../src/cli/completion.js';
import { STREAMS } from '../../src/cli/output.js';

afterEach(() => vi.restoreAllMocks());

const opcount = new Command('opcount');
opcount
  .command('profile')
  .description('profile a model')
  .addOption(new Option('--format <format>', "how it's printed").choices(['json', 'csv']))
  .option('--as <convention>', 'tools');
opcount.command('reconcile').description('what tools print').option('--quiet', 'no notes');

function script(shell: string): string {
  let text = '';
  vi.spyOn(STREAMS, 'out').mockImplementation((part) => {
    text += part;
  });
  expect(runCompletion(shell, opcount)).toBe(0);
  vi.restoreAllMocks();
  return text;
}

/** What bash offers for the last of some words. */
function offered(...words: string[]): string[] {
  const ask = `COMP_WORDS=(${words.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _opcount; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync('bash', ['--norc', '-c', `${script('bash')}\n${ask}`], { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([0, '']);
  return run.stdout.split('\n').filter((line) => line !== '');
}

test('bash: verbs and models, options of the verb, values of the option', () => {
  expect(offered('opcount', 'rec')).toEqual(['reconcile']);
  expect(offered('opcount', 'resnet5')).toEqual(['resnet50']);
  expect(offered('opcount', 'resnet50', '--f')).toEqual(['--format']);
  expect(offered('opcount', 'reconcile', '--')).toEqual(['--quiet']);
  expect(offered('opcount', 'resnet50', '--format', '')).toEqual(['json', 'csv']);
  expect(offered('opcount', 'resnet50', '--as', 'th')).toEqual(['thop']);
});

test('zsh takes the same; fish has a line an option, its quotes escaped', () => {
  expect(script('zsh')).toMatch(/^#compdef opcount\n[\s\S]*bashcompinit[\s\S]*complete -o default -F _opcount opcount/);
  const fish = script('fish');
  expect(fish).toContain("complete -c opcount -l format -d 'how it\\'s printed' -x -a 'json csv'");
  expect(fish).toContain("complete -c opcount -n '__fish_seen_subcommand_from reconcile' -l quiet -d 'no notes'");
});

test('another shell is a usage error', () => {
  expect(() => runCompletion('tcsh', opcount)).toThrow(/no completion for "tcsh"/);
});
