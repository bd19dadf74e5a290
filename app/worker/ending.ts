import type { Confinement, Ending, FromSandbox } from 'opcount';

type Listener = Parameters<Confinement['run']>[1];
type Finish = Extract<FromSandbox, { kind: 'finish' }>;

/** After its time a program is interrupted, and has this long (milliseconds) to say where it was. */
const GRACE = 500;
/** Characters of requests that are answered again, and what each takes beside them. */
const MAX_REQUESTS = 2 ** 28;
const PER_REQUEST = 16;

/**
 * Waits for the end of a sandbox's job. The program in it is assumed to control it, so that a message can be anything: one that
 * no interpreter sends ends the job, and so does its own failure. Rejects with whatever the listener throws.
 */
export function endingOf(
  port: MessagePort,
  seconds: number,
  listener: Listener,
  started: () => void,
  failed?: Promise<string>,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      port.onmessage = null;
    };
    const end = (ending: Ending): void => {
      over();
      resolve(ending);
    };
    const timer = setTimeout(() => end({ kind: 'time' }), seconds * 1000 + GRACE);
    void failed?.then((why) => end(broken(why)));
    const requests: string[] = [];
    let room = MAX_REQUESTS;
    let begun = false;

    function hear(data: FromSandbox): Ending | Promise<Ending> | null {
      switch (data?.kind) {
        case 'started':
          if (!begun) started();
          begun = true;
          return null;
        case 'printed':
          if (!(data.bytes instanceof Uint8Array)) return broken('it prints something other than text');
          listener[data.to === 'stderr' ? 'stderr' : 'stdout'](data.bytes);
          return null;
        case 'requests':
          if (!Array.isArray(data.requests)) return broken('it sends a request that is not text');
          for (const request of data.requests) {
            if (typeof request !== 'string') return broken('it sends a request that is not text');
            room -= request.length + PER_REQUEST;
            if (room < 0) return broken('it sends too many requests');
            requests.push(request);
          }
          return null;
        case 'finish':
          port.onmessage = null;
          return answered(requests, data, seconds, listener);
        default:
          return broken('it sends messages that no interpreter sends');
      }
    }

    port.onmessage = async ({ data }: MessageEvent<FromSandbox>) => {
      try {
        const ending = await hear(data);
        if (ending !== null) end(ending);
      } catch (error) {
        over();
        reject(error);
      }
    };
  });
}

const broken = (why: string): Ending => ({ kind: 'broken', why });

/** All requests are answered again here: only the outcome of that counts. */
async function answered(
  requests: readonly string[],
  { stopped, error }: Finish,
  seconds: number,
  listener: Listener,
): Promise<Ending> {
  const end = performance.now() + seconds * 1000;
  for (const request of requests) {
    await listener.answer(request);
    if (performance.now() > end) return { kind: 'time' };
  }
  return typeof error === 'string' ? broken(error) : { kind: stopped === 'time' ? 'time' : 'done' };
}
