import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { memorySource } from '../../source/index.js';
import { openSource } from '../../source/node/index.js';
import { type Host, measureMachine, measureModel, type Ort, prepareSource, type Stage } from '../index.js';
import type { FromChild, ToChild } from './messages.js';

/** The process in which the runtime is: one job, one answer. A crash of the runtime is the end of this process alone. */
function hostOf({ runtime, folder }: ToChild): Host {
  const prefix = 'profile';
  return {
    ort: createRequire(import.meta.url)(runtime) as Ort,
    now: () => performance.now() / 1000,
    resolution: 1e-6,
    options: { logSeverityLevel: 3 },
    profile: {
      options: { enableProfiling: true, profileFilePrefix: join(folder, prefix) },
      take(end) {
        end();
        const file = readdirSync(folder).find((name) => name.startsWith(prefix));
        if (file === undefined) return null;
        const text = readFileSync(join(folder, file), 'utf8');
        rmSync(join(folder, file));
        return JSON.parse(text);
      },
    },
    zeros: (bytes) => Buffer.allocUnsafeSlow(bytes).fill(0),
  };
}

async function done(message: ToChild): Promise<FromChild> {
  const host = hostOf(message);
  const say = (stage: Stage): void => send({ kind: 'stage', stage });
  if (message.kind === 'machine') return { kind: 'machine', machine: await measureMachine(host, message.threads, say) };
  const { path, bytes, inputs, feeds, threads, seconds } = message;
  const source = bytes === null ? openSource(path as string) : memorySource(bytes);
  const { model, missing, resized, zeros, unchanged } = prepareSource(source, new Map(inputs));
  source.close?.();
  // A file that needs no change is the runtime's to read: it may have more beside it than a message can hold.
  const own = unchanged && path !== null;
  const folder = own || path === null ? null : dirname(path);
  const job = { model: own ? path : model, folder, zeros, feeds, threads, seconds };
  return { kind: 'times', times: await measureModel(host, job, say), missing, resized };
}

function send(message: FromChild, sent?: () => void): void {
  process.send?.(message, undefined, {}, sent);
}

process.on('disconnect', () => process.exit());
process.once('message', async (message: ToChild) => {
  let answer: FromChild;
  try {
    answer = await done(message);
  } catch (error) {
    answer = { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
  send(answer, () => process.disconnect?.());
});
