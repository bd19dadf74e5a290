import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ModelError, SourceError } from '../../source/errors.js';
import { shipped } from '../../source/node/shipped.js';
import type { Stage } from '../measure.js';
import type { Asked, FromChild, ToChild } from './messages.js';

const PACKAGE = 'onnxruntime-node';

export interface Runtime {
  readonly module: string;
  readonly version: string;
}

/** ONNX Runtime, if it is installed beside opcount. Throws SourceError with the line that installs it. */
export function findRuntime(from: string = import.meta.url): Runtime {
  try {
    const module = createRequire(from).resolve(PACKAGE);
    return { module, version: versionOf(module) };
  } catch (cause) {
    throw new SourceError(`bench runs the model with ONNX Runtime, and the package ${PACKAGE} is not installed`, {
      hint: `npm install ${PACKAGE}, where opcount is installed; behind a firewall: ONNXRUNTIME_NODE_INSTALL=skip npm install ${PACKAGE}`,
      cause,
    });
  }
}

function versionOf(module: string): string {
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder))
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (name === PACKAGE) return String(version);
    } catch {}
  return 'unknown';
}

/** The caller was interrupted: nothing went wrong. */
export class Interrupted extends Error {}

export interface JobOptions {
  readonly runtime: Runtime;
  /** Seconds without a word after which the runtime is taken to hang. */
  readonly patience: number;
  readonly say?: (stage: Stage) => void;
  /** The script of the process; the built one where left out. */
  readonly script?: string;
}

type Answer<K> = K extends 'machine' ? Extract<FromChild, { kind: 'machine' }> : Extract<FromChild, { kind: 'times' }>;

/**
 * One job in a process of its own. Throws ModelError if the runtime refuses the model, crashes or hangs, Interrupted at
 * Ctrl-C; the process and its folder are gone then too.
 */
export async function runJob<A extends Asked>(asked: A, options: JobOptions): Promise<Answer<A['kind']>> {
  const script = options.script ?? shipped('lib/measure/node/child-main.js');
  if (script === null)
    throw new SourceError('this copy of opcount is not built: it lacks the process that runs models', {
      hint: 'npm run build',
    });
  const folder = mkdtempSync(join(tmpdir(), 'opcount-bench-'));
  try {
    const message = { ...asked, runtime: options.runtime.module, folder } as ToChild;
    return (await answered(script, folder, message, options)) as Answer<A['kind']>;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function answered(script: string, folder: string, message: ToChild, options: JobOptions): Promise<FromChild> {
  return new Promise((resolve, reject) => {
    const child = fork(script, [], {
      cwd: folder,
      execArgv: [],
      env: { ...process.env, ...QUIET, TMPDIR: folder, TMP: folder, TEMP: folder },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stage: Stage = 'loading';
    let said = '';
    let timer: NodeJS.Timeout;
    const listen = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => fail(hangs(stage, options.patience)), options.patience * 1000);
    };
    const interrupted = (): void => fail(new Interrupted('interrupted'));
    const orphan = (): void => void child.kill('SIGKILL');
    const end = (): void => {
      clearTimeout(timer);
      process.removeListener('exit', orphan);
      for (const signal of SIGNALS) process.removeListener(signal, interrupted);
    };
    // What went wrong is told when the process has ended: its folder is removed then.
    let failure: Error | null = null;
    const fail = (error: Error): void => {
      end();
      failure ??= error;
      child.kill('SIGKILL');
    };
    process.once('exit', orphan);
    for (const signal of SIGNALS) process.once(signal, interrupted);
    child.stderr?.on('data', (data) => {
      said = (said + String(data)).slice(-4000);
    });
    let answer: FromChild | null = null;
    child.on('message', (told: FromChild) => {
      if (told.kind === 'stage') {
        stage = told.stage;
        listen();
        options.say?.(stage);
      } else answer = told;
    });
    child.once('error', (error) => {
      end();
      reject(new SourceError(`no process can be started: ${error.message}`, { cause: error }));
    });
    child.once('exit', (code, signal) => {
      end();
      if (failure !== null) reject(failure);
      else if (answer?.kind === 'error') reject(refused(answer.message));
      else if (answer !== null) resolve(answer);
      else reject(signal === 'SIGINT' ? new Interrupted('interrupted') : crashed(stage, code, signal, said));
    });
    listen();
    child.send(message, () => {}); // a process that is gone before it hears has ended, which is told
  });
}

/** Nothing of a model leaves this machine: the runtime reports to its makers unless it is told not to, under both names. */
const QUIET = { ORT_DISABLE_TELEMETRY: '1', ORT_TELEMETRY_DISABLED: '1' };

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function hangs(stage: Stage, patience: number): ModelError {
  return new ModelError('limit', `ONNX Runtime has not answered for ${patience} seconds (${stage})`, {
    format: 'onnx',
    hint: 'a smaller batch or input, or more patience: --time-limit 1800',
  });
}

function crashed(stage: Stage, code: number | null, signal: string | null, said: string): ModelError {
  const last = said.trim().split('\n').at(-1) ?? '';
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return new ModelError(
    'unsupported',
    `the process of ONNX Runtime ended ${how} (${stage})${last === '' ? '' : `: ${last}`}`,
    {
      format: 'onnx',
      hint:
        signal === 'SIGKILL' || /bad_alloc|memory/i.test(said)
          ? 'it ran out of memory: a smaller batch or input'
          : 'the fault is in the runtime: another version of onnxruntime-node, or export the model again',
    },
  );
}

function refused(message: string): ModelError {
  return new ModelError('unsupported', `ONNX Runtime cannot run this model: ${message}`, {
    format: 'onnx',
    hint: /alloc|memory/i.test(message)
      ? 'a smaller batch or input'
      : 'sizes that the model was exported for: --input, --bind; integers are given as zeros, masks as ones',
  });
}
