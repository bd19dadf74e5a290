import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SourceError } from '../errors.js';
import type { Source } from '../source.js';
import { urlSource } from './http.js';

/** A file of a repository on the Hugging Face hub, or on a mirror of it. */
export interface HubFile {
  /** `org/name`. */
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
}

const REPOSITORY = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;
/** Revisions hold slashes (`refs/pr/1`): one is ended by a colon where a path follows. */
const TEXT = /^hf:(?:\/\/)?([^/@:]+\/[^/@:]+)(?:@([^:]+))?(?:[:/](.+))?$/;

/**
 * `hf:org/name`, `hf:org/name@revision`, `hf:org/name/file`, `hf:org/name/folder`, `hf:org/name@revision:file`; null for what is
 * not such name. A folder is its configuration.
 */
export function hubFile(text: string): HubFile | null {
  if (!/^hf:/i.test(text)) return null;
  const [, repository = '', revision = 'main', given = 'config.json'] = TEXT.exec(text) ?? [];
  const last = given.replace(/^.*\//, '');
  const path = last === '' ? `${given}config.json` : last.includes('.') ? given : `${given}/config.json`;
  const segments = path.split('/');
  if (
    !REPOSITORY.test(repository) ||
    repository.includes('..') ||
    segments.some((s) => s === '' || s === '.' || s === '..')
  )
    throw new SourceError(`"${text.slice(0, 200)}" is not a name of a model on the hub`, {
      hint: 'Write hf:org/name, hf:org/name@revision or hf:org/name/file.gguf.',
    });
  return { repository, revision, path };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens a file of the hub by ranges. Throws `SourceError` with what to do if it is not available. */
export function hubSource(file: HubFile, env: Environment = process.env): Source {
  const endpoint = (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');
  const { repository, revision, path } = file;
  if (isOn(env['HF_HUB_OFFLINE']) || isOn(env['TRANSFORMERS_OFFLINE']))
    throw new SourceError(`${repository} is on the hub, and HF_HUB_OFFLINE says to stay offline`, {
      hint: 'Unset it, or give a folder with the files of the model.',
    });
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw new SourceError(`HF_ENDPOINT is not an address: ${endpoint.slice(0, 200)}`, {
      hint: 'Write it as https://huggingface.co.',
    });
  const url = `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const token = tokenOf(env);
  try {
    return urlSource(url, token === null ? {} : { authorization: `Bearer ${token}` });
  } catch (error) {
    throw told(error, file, endpoint, token !== null);
  }
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|on|yes|true)$/i.test(value);
}

/** The user's token, where the hub's own programs look for it; null if there is none. */
function tokenOf(env: Environment): string | null {
  if (isOn(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return null;
  const given = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'];
  if (given) return clean(given);
  const home = env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  try {
    return clean(readFileSync(env['HF_TOKEN_PATH'] || join(home, 'token'), 'utf8'));
  } catch {
    // No file: models that are public need none.
    return null;
  }
}

/** One line without anything that a header could not hold. */
function clean(text: string): string | null {
  const token = text.trim();
  return /^[\x21-\x7e]{1,4096}$/.test(token) ? token : null;
}

function told(error: unknown, file: HubFile, endpoint: string, signed: boolean): unknown {
  if (!(error instanceof SourceError) || error.status === null || error.status === undefined) return error;
  const { status } = error;
  const where = `${file.path} of ${file.repository}${file.revision === 'main' ? '' : `@${file.revision}`}`;
  if (status === 401 || status === 403)
    return new SourceError(`the hub does not give ${where} (${status}): it is private, gated, or not there`, {
      status,
      hint: signed
        ? `Accept the conditions at ${endpoint}/${file.repository} with the account of your token, and check the name.`
        : 'Check the name; for private and gated models set HF_TOKEN, or log in with `hf auth login`.',
      cause: error,
    });
  if (status === 404)
    return new SourceError(`there is no ${where} on the hub`, {
      status,
      hint: `Check name and revision at ${endpoint}/${file.repository}; another file is named hf:${file.repository}/file.gguf.`,
      cause: error,
    });
  return error;
}
