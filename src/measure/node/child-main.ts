import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ENCODING_BYTES, encodingOf } from '../../formats/onnx/encoding.js';
import { binaryOf } from '../../formats/onnx/textual/index.js';
import { memorySource, type Source } from '../../source/index.js';
import { openSource } from '../../source/node/index.js';
import { completeModel, type Host, measureMachine, measureModel, type Ort, type Stage } from '../index.js';
import type { FromChild, ToChild } from './messages.js';

/** The process in which the runtime is: one job, one answer. A crash of the runtime is the end of this process alone. */
function hostOf({ runtime, folder }: ToChild): Host {
  const prefix = 'profile';
  return {
    ort: createRequire(import.meta.url)(runtime) as Ort,
    now: () => performance.now() / 1000,
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
  const { model, missing, resized, zeros } = completed(source, new Map(inputs));
  source.close?.();
  const job = { folder: path === null ? null : dirname(path), zeros, feeds, threads, seconds };
  const times = await measureModel(
    host,
    { ...job, model: model ?? (path as string), folder: model === null ? null : job.folder },
    say,
  );
  return { kind: 'times', times, missing, resized };
}

/** The model as bytes, complete; null where the runtime can take the file as it is. */
function completed(source: Source, inputs: ReadonlyMap<string, readonly number[]>) {
  const spelling = encodingOf(source.read(0, Math.min(source.size, ENCODING_BYTES)));
  const binary = spelling === 'binary' ? source : binaryOf(source, spelling);
  const model = binary.read(0, binary.size).slice();
  const completion = completeModel(
    model,
    {
      has(path, offset, bytes) {
        const file = source.sibling(path);
        return file !== undefined && file.size >= offset + (bytes ?? 0);
      },
    },
    inputs,
  );
  const asIs = spelling === 'binary' && source.name !== 'bytes';
  return { ...completion, model: completion.model ?? (asIs ? null : model) };
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
