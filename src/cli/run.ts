import { runScript } from '../node.js';
import { visibleOutput } from '../report/shown.js';
import { UsageError } from './errors.js';
import { pythonFlags } from './opening.js';
import type { ModelFlags } from './options.js';
import { unwritten } from './output.js';

/**
 * `opcount run script.py`: a program that uses PyTorch and a counter, with neither installed. What it prints goes where it
 * prints it; its exit code is ours. On a screen it can set colours, and begin its line again; whatever else would steer the
 * terminal is shown.
 */
export async function runRun(
  script: string,
  argv: readonly string[],
  flags: Pick<ModelFlags, 'pythonPath' | 'timeLimit'>,
): Promise<number> {
  if (!/\.py$/i.test(script))
    throw new UsageError(
      `${script} is not a Python script`,
      'opcount run script.py; a model is profiled by opcount <model>',
    );
  process.stdout.on('error', unwritten);
  return runScript(script, {
    ...pythonFlags(flags),
    argv,
    output: { stdout: printer(process.stdout), stderr: printer(process.stderr) },
  });
}

function printer(stream: NodeJS.WriteStream): (bytes: Uint8Array) => Promise<void> | null {
  if (!stream.isTTY) return (bytes) => written(stream, bytes);
  const visible = visibleOutput();
  return (bytes) => written(stream, visible(bytes));
}

/** The program goes on when what it printed has left: a slow reader is not outrun. */
function written(stream: NodeJS.WriteStream, bytes: string | Uint8Array): Promise<void> | null {
  return stream.write(bytes) ? null : new Promise((done) => stream.once('drain', done));
}
