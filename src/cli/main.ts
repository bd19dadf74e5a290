// The room cli/. Comes in: arguments. Goes out: text on stdout or a file, and an exit code. The only code that prints or exits.
// Add here: a file for the command and an entry in commands.ts; what it computes belongs in api/.
import { CommanderError } from 'commander';
import { didYouMean } from '../models/nearest.js';
import { shownMessage } from '../report/shown.js';
import { onceRead } from '../source/node/reads.js';
import { finish, program, wantedIn } from './commands.js';
import { EXIT, explainError, UsageError } from './errors.js';
import { STREAMS, say } from './output.js';
import { LONG_RUN_BYTES, tierFor } from './tiering.js';
import { VERBS } from './verbs.js';
import { showWaits } from './waits.js';

async function main(argv: readonly string[]): Promise<void> {
  const opcount = program(wantedIn(argv));
  for (const command of [opcount, ...opcount.commands])
    command.exitOverride().configureOutput({ writeOut: STREAMS.out, writeErr: () => {}, outputError: () => {} });
  try {
    if (argv.length === 0) {
      say(opcount.helpInformation());
      finish(EXIT.usage);
      return;
    }
    refuseEmpty(argv);
    showWaits(argv);
    onceRead(LONG_RUN_BYTES, () => tierFor('long'));
    await opcount.parseAsync(argv as string[], { from: 'user' });
  } catch (error) {
    report(error, argv);
  }
}

/** An empty word is a variable of the shell that was not set: it would be taken for an option left out, or for a model. */
function refuseEmpty(argv: readonly string[]): void {
  if (argv[0] === 'run') return; // what follows the script is the script's
  const i = argv.findIndex((word) => word.trim() === '' || /^--[\w-]+=\s*$/.test(word));
  if (i < 0) return;
  const option = [argv[i], argv[i - 1]]
    .map((word) => /^--[\w-]+/.exec(word ?? '')?.[0])
    .find((name) => name !== undefined);
  throw new UsageError(
    option === undefined ? 'a name is empty' : `${option} is given nothing`,
    'a variable of the shell may not be set; leave the option out, or give it a value',
  );
}

/** The mistake in a command line, and the right form if it can be guessed. */
function usageOf(error: CommanderError, argv: readonly string[]): UsageError {
  const [message = '', hint] = error.message.replace(/^error: /, '').split('\n');
  const [first = ''] = argv;
  const command = VERBS.find((name) => name === first);
  if (error.code === 'commander.missingArgument' || error.code === 'commander.excessArguments') {
    const usage = program(VERBS).commands.find((c) => c.name() === (command ?? 'profile'));
    return new UsageError(message, `the form is opcount ${command ?? 'profile'} ${usage?.usage() ?? ''}`.trim());
  }
  const [, wrong, allowed] = /argument '(.*)' is invalid\. Allowed choices are (.*)\.$/.exec(message) ?? [];
  if (wrong !== undefined && allowed !== undefined) {
    const near = didYouMean(wrong, allowed.split(', '));
    return new UsageError(message.replace(/ Allowed choices are .*$/, ''), `${near}known: ${allowed}`);
  }
  return new UsageError(
    message,
    hint?.replace(/^\(|\)$/g, '').replace(/^Did/, 'did') ?? '`opcount --help` lists the options',
  );
}

function report(error: unknown, argv: readonly string[]): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return; // --help and --version
    const told = explainError(usageOf(error, argv));
    say(told.text);
    finish(EXIT.usage);
    return;
  }
  const { text, code } = explainError(
    error,
    argv.some((a) => /^--(input|bind|batch|context)\b/.test(a)),
  );
  say(text);
  if (process.env['OPCOUNT_DEBUG'] && error instanceof Error)
    say(shownMessage(String((error.cause instanceof Error ? error.cause : error).stack)));
  finish(code);
}

void main(process.argv.slice(2));
