import { type FeedSpec, feedsOf } from './feeds.js';
import { isSteady } from './timing.js';

/** The part of a runtime that is used: the interface that onnxruntime-node and onnxruntime-web share. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array | string, options: Options): Promise<OrtSession>;
  };
  readonly Tensor: new (type: string, data: never, dims: readonly number[]) => object;
}

type Options = Readonly<Record<string, unknown>>;

export interface OrtSession {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, object>>>;
  endProfiling(): void;
  release(): Promise<void>;
}

/** A runtime and the machine that it is on. */
export interface Host {
  readonly ort: Ort;
  /** Seconds since some moment. */
  now(): number;
  /** The least that it can tell apart, in seconds: browsers make theirs coarse on purpose. */
  readonly resolution: number;
  /** Options of a session, beside the ones of the job: providers, how it logs. */
  readonly options: Options;
  /** Turns a session's profile on, and reads it when the session has ended it; null if the runtime has none. */
  readonly profile: {
    readonly options: Options;
    take(end: () => void): Promise<unknown> | unknown;
  } | null;
  /** Memory of zeros that has really been written: pages that nobody touched are all one, and stay in the cache. */
  zeros(bytes: number): Uint8Array;
}

/** A model to measure. */
export interface Job {
  readonly model: Uint8Array | string;
  /** Where files beside a model are that is given as bytes. */
  readonly folder: string | null;
  readonly zeros: readonly { readonly path: string; readonly bytes: number }[];
  /** Files beside the model, where the runtime cannot open them itself. */
  readonly beside?: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly feeds: readonly FeedSpec[];
  /** Null leaves it to the runtime. */
  readonly threads: number | null;
  /** How long to measure; null until the median is steady. */
  readonly seconds: number | null;
}

/** All in seconds. */
export interface Times {
  readonly load: number;
  readonly first: number;
  /** Of a run each; where the clock is coarse, the mean of a round of several. */
  readonly runs: readonly number[];
  /** Runs of a round. */
  readonly perRound: number;
  /** The clock's. */
  readonly resolution: number;
  /** What the runtime's profile says, from runs of their own: keeping it takes time. Null if it has none. */
  readonly profile: unknown;
}

/** Progress; reported whenever a run ends, and at least once a second. */
export type Stage = 'loading' | 'first run' | 'warming up' | 'measuring' | 'profiling';

/** A round takes this many times what the clock can tell apart. */
const CLOCKS = 20;
const WARM_UP = { runs: 3, seconds: 0.3, most: 5 };
/** Until the median is steady: at least and at most so long. */
const MEASURED = { least: 0.5, most: 10 };
/** Runs that are profiled: at least, at most, and no longer than this many seconds. */
const PROFILED = { least: 3, most: 100, seconds: 2 };
/** Times are kept of at most this many runs. */
const MOST_RUNS = 200_000;
/** Runs between two looks at whether the median is steady. */
const LOOK_EVERY = 0.25;

/** Loads a model, warms up, measures, and profiles in a session of its own. Throws what the runtime throws. */
export async function measureModel(host: Host, job: Job, say: (stage: Stage) => void): Promise<Times> {
  const feeds = feedsFor(host, job.feeds);
  const options = optionsOf(host, job);
  say('loading');
  const begin = host.now();
  const session = await host.ort.InferenceSession.create(job.model, options);
  const load = host.now() - begin;
  const timed = async (runs = 1): Promise<number> => {
    const start = host.now();
    for (let run = 0; run < runs; run++) await session.run(feeds);
    return (host.now() - start) / runs;
  };
  say('first run');
  const first = await timed();
  const warm: number[] = [first];
  const warming = host.now();
  while (
    (warm.length <= WARM_UP.runs && host.now() - warming < WARM_UP.most) ||
    host.now() - warming < WARM_UP.seconds
  ) {
    say('warming up');
    warm.push(await timed());
  }
  const typical = (host.now() - warming) / Math.max(1, warm.length - 1);
  const perRound = Math.max(1, Math.ceil((CLOCKS * host.resolution) / Math.max(typical, 1e-7)));
  const runs: number[] = [];
  const start = host.now();
  let looked = start;
  for (let told = 0; runs.length < MOST_RUNS; ) {
    const passed = host.now() - start;
    if (passed - told > 0.5 || runs.length === 0) {
      say('measuring');
      told = passed;
    }
    runs.push(await timed(perRound));
    const now = host.now();
    if (job.seconds !== null) {
      if (now - start >= job.seconds) break;
    } else if (now - start >= MEASURED.most) break;
    else if (now - start >= MEASURED.least && now - looked >= LOOK_EVERY) {
      looked = now;
      if (isSteady(runs)) break;
    }
  }
  await session.release();
  const profile = await profileOf(host, job, feeds, options, say);
  return { load, first, runs, perRound, resolution: host.resolution, profile };
}

/** The options of a session that measures. */
export function optionsOf(
  host: Host,
  { threads, zeros, folder, beside = [] }: Pick<Job, 'threads' | 'zeros' | 'folder' | 'beside'>,
): Options {
  return {
    ...host.options,
    ...(threads === null ? {} : { intraOpNumThreads: threads }),
    ...(zeros.length + beside.length === 0
      ? {}
      : { externalData: [...beside, ...zeros.map(({ path, bytes }) => ({ path, data: host.zeros(bytes) }))] }),
    ...(folder === null ? {} : { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
  };
}

export function feedsFor(host: Host, specs: readonly FeedSpec[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    feedsOf(specs).map(({ name, type, data, shape }) => [name, new host.ort.Tensor(type, data as never, shape)]),
  );
}

async function profileOf(
  host: Host,
  job: Job,
  feeds: Readonly<Record<string, object>>,
  options: Options,
  say: (stage: Stage) => void,
): Promise<unknown> {
  if (host.profile === null) return null;
  say('profiling');
  return profiled(host, job.model, { ...options, ...host.profile.options }, async (session) => {
    const start = host.now();
    for (let n = 0; n < PROFILED.most; n++) {
      if (n >= PROFILED.least && host.now() - start > PROFILED.seconds) break;
      say('profiling');
      await session.run(feeds);
    }
  });
}

/** The profile of a session in which `use` runs the model. */
export async function profiled(
  host: Host,
  model: Uint8Array | string,
  options: Options,
  use: (session: OrtSession) => Promise<void>,
): Promise<unknown> {
  const session = await host.ort.InferenceSession.create(model, { ...options });
  await use(session);
  const profile = await host.profile?.take(() => session.endProfiling());
  await session.release();
  return profile ?? null;
}
