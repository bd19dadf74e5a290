// Finds the programs that tests need of the system, and on a Debian machine where one may install packages, installs them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program: what an environment variable says, else one of its names on the PATH, else one of its usual places. */
export function found(variable, names, places = []) {
  if (process.env[variable]) return process.env[variable];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...places];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** As `find`, after trying to install a package of Debian's, for what it says. */
export function ensured(find, name, what) {
  return find() ?? (installed(name, what) ? find() : null);
}

/** Whether a Debian package can be installed: only as root, and only where packages are available. */
function installed(name, what) {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  console.log(`installing ${name} for ${what}`);
  return apt('update', '-qq') && apt('install', '-y', '-qq', name);
}
