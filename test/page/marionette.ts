import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A Firefox, driven over its remote protocol Marionette: messages of JSON with their length before them, `12:[0,1,"…",{}]`;
 * a command is `[0, id, name, parameters]`, its answer `[1, id, error, result]`.
 */
export interface Firefox {
  /** Where downloads are saved. */
  readonly downloads: string;
  open(url: string): Promise<void>;
  /** Runs the body of a function in the page; `await` works in it. */
  run<T>(body: string, ...args: readonly unknown[]): Promise<T>;
  /** Runs it until it gives something that is true. */
  until<T>(body: string, ...args: readonly unknown[]): Promise<T>;
  click(css: string): Promise<void>;
  /** Types into an element; a path into a field for files. */
  type(css: string, text: string): Promise<void>;
  /** The page as a PNG. */
  picture(): Promise<Buffer>;
  close(): Promise<void>;
}

/** How long a slow machine may take for anything. */
const PATIENCE = 90_000;
/** The key of an element's reference, by the WebDriver standard. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export async function firefox(executable: string): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'opcount-firefox-'));
  const downloads = mkdtempSync(join(tmpdir(), 'opcount-downloads-'));
  const preferences: Readonly<Record<string, unknown>> = {
    'marionette.port': 0, // any that is free; it is written into the profile
    'browser.shell.checkDefaultBrowser': false,
    'browser.startup.homepage_override.mstone': 'ignore',
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false,
    'app.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'browser.download.folderList': 2,
    'browser.download.dir': downloads,
    'browser.download.always_ask_before_handling_new_types': false,
  };
  writeFileSync(
    join(profile, 'user.js'),
    Object.entries(preferences)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const child = spawn(executable, ['--headless', '--marionette', '--no-remote', '--profile', profile], {
    stdio: 'ignore',
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const end = async (): Promise<void> => {
    await ended(child);
    for (const folder of [profile, downloads]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const send = await connected(profile, child);
    await send('WebDriver:NewSession', {});
    await send('WebDriver:SetTimeouts', { script: PATIENCE, pageLoad: PATIENCE });
    return { ...driver(send), downloads, close: end };
  } catch (error) {
    await end();
    throw error;
  }
}

type Send = (name: string, parameters: Readonly<Record<string, unknown>>) => Promise<unknown>;

function driver(send: Send): Omit<Firefox, 'downloads' | 'close'> {
  const run = async <T>(body: string, ...args: readonly unknown[]): Promise<T> => {
    const answer = await send('WebDriver:ExecuteScript', {
      script: `return (async (...args) => { ${body} })(...arguments)`,
      args,
    });
    return (answer as { readonly value: T }).value;
  };
  const found = async (css: string): Promise<string> => {
    const answer = await send('WebDriver:FindElement', { using: 'css selector', value: css });
    return (answer as { readonly value: Readonly<Record<string, string>> }).value[ELEMENT] as string;
  };
  return {
    run,
    open: async (url) => void (await send('WebDriver:Navigate', { url })),
    until: async <T>(body: string, ...args: readonly unknown[]): Promise<T> => {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const value = await run<T>(body, ...args);
        if (value) return value;
        if (Date.now() > end) throw new Error(`the page never came to: ${body}`);
        await pause(100);
      }
    },
    click: async (css) => void (await send('WebDriver:ElementClick', { id: await found(css) })),
    type: async (css, text) => void (await send('WebDriver:ElementSendKeys', { id: await found(css), text })),
    picture: async () => {
      const answer = await send('WebDriver:TakeScreenshot', { full: true });
      return Buffer.from((answer as { readonly value: string }).value, 'base64');
    },
  };
}

/** Connects as soon as the browser listens; gives what sends a command and waits for its answer. */
async function connected(profile: string, child: ChildProcess): Promise<Send> {
  const file = join(profile, 'MarionetteActivePort');
  const end = Date.now() + PATIENCE;
  while (!existsSync(file) || readFileSync(file, 'utf8').trim() === '') {
    if (child.exitCode !== null) throw new Error(`Firefox ended with ${child.exitCode}`);
    if (Date.now() > end) throw new Error('Firefox does not listen');
    await pause(50);
  }
  const socket = connect(Number(readFileSync(file, 'utf8')), '127.0.0.1');
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const fail = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('the connection to Firefox ended'));
    waiting.clear();
  };
  socket.on('close', fail);
  socket.on('error', fail);
  await new Promise<void>((ready) => {
    messages(socket, (message) => {
      if (!Array.isArray(message)) return ready(); // its greeting
      const [, id, error, result] = message as [1, number, { readonly message: string } | null, unknown];
      const call = waiting.get(id);
      waiting.delete(id);
      if (error === null) call?.resolve(result);
      else call?.reject(new Error(error.message));
    });
  });
  let last = 0;
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      const text = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

/** Takes what arrives apart into messages. */
function messages(socket: Socket, take: (message: unknown) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    held = Buffer.concat([held, data]);
    for (;;) {
      const colon = held.indexOf(58);
      const size = Number(held.toString('latin1', 0, Math.max(0, colon)));
      if (colon < 0 || held.length < colon + 1 + size) return;
      take(JSON.parse(held.toString('utf8', colon + 1, colon + 1 + size)));
      held = held.subarray(colon + 1 + size);
    }
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
