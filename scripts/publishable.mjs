// Before npm publishes: what people will follow from the package has to lead to this repository. `repository` decides
// whether npm signs where the package was built, and OWNER stands in it and in the docs until there is a public place.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const WITH_OWNER = ['package.json', 'docs/check.md'];

/** Why the package must not be published as it is; empty where it may be. `remote` is where the repository was cloned from. */
export function obstacles(remote, read = (path) => readFileSync(join(root, path), 'utf8')) {
  const { repository, homepage, bugs } = JSON.parse(read('package.json'));
  const here = placeOf(remote);
  const stated = placeOf(repository?.url ?? '');
  return [
    ...WITH_OWNER.filter((path) => /\bOWNER\b/.test(read(path))).map((path) => `${path} names OWNER: write who it is`),
    ...(here === null ? ['this repository was cloned from nowhere: git remote add origin …'] : []),
    ...(here !== null && stated !== here
      ? [`package.json says repository ${stated ?? 'nowhere'}, and this is ${here}`]
      : []),
    ...[homepage, bugs?.url].filter((url) => !/^https:\/\//.test(url ?? '')).map((url) => `${url} is no address`),
  ];
}

/** `host/owner/name` of an address of git, however it is written. */
function placeOf(url) {
  const [, host, path] =
    /^(?:git\+)?(?:https?:\/\/|ssh:\/\/)?(?:[^@/]*@)?([^/:]+)[/:](.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  return path === undefined ? null : `${host}/${path}`.toLowerCase();
}

function origin() {
  try {
    return execFileSync('git', ['remote', 'get-url', 'origin'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = obstacles(origin());
  for (const obstacle of found) console.error(obstacle);
  process.exitCode = found.length === 0 ? 0 : 1;
}
