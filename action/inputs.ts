import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The runner's environment: the action's inputs and the event that started it. */
export interface Inputs {
  readonly folder: string;
  readonly config: string;
  readonly compare: boolean;
  readonly comment: boolean;
  readonly token: string;
  /** Program and arguments that run opcount. */
  readonly command: readonly string[];
  /** Null where no pull request started it. */
  readonly pull: { readonly number: number; readonly baseSha: string; readonly baseRef: string } | null;
  readonly repository: string;
  readonly api: string;
}

type Env = Readonly<Record<string, string | undefined>>;

export function inputsOf(env: Env): Inputs {
  const input = (name: string, otherwise = ''): string => env[`INPUT_${name.toUpperCase()}`]?.trim() || otherwise;
  const folder = resolve(env['GITHUB_WORKSPACE'] ?? '.', input('working-directory', '.'));
  return {
    folder,
    config: input('config'),
    compare: input('compare', 'true') !== 'false',
    comment: input('comment', 'true') !== 'false',
    token: input('token'),
    command: commandOf(input('command'), folder),
    pull: pullOf(env['GITHUB_EVENT_PATH']),
    repository: env['GITHUB_REPOSITORY'] ?? '',
    api: env['GITHUB_API_URL'] ?? 'https://api.github.com',
  };
}

/** The project's own copy is the version that its people see; without one npx fetches it. */
function commandOf(given: string, folder: string): string[] {
  if (given !== '') return given.split(/\s+/);
  const own = join(folder, 'node_modules/opcount/dist/opcount.js');
  if (existsSync(own)) return [process.execPath, own];
  return [process.platform === 'win32' ? 'npx.cmd' : 'npx', '--yes', 'opcount'];
}

function pullOf(path: string | undefined): Inputs['pull'] {
  if (path === undefined || !existsSync(path)) return null;
  const event = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly pull_request?: { readonly number: number; readonly base: { readonly sha: string; readonly ref: string } };
  };
  const pull = event.pull_request;
  return pull === undefined ? null : { number: pull.number, baseSha: pull.base.sha, baseRef: pull.base.ref };
}
