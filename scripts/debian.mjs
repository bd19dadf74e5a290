// Installs what tests need of the system, on a Debian machine where one may install packages.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether a package of Debian's could be installed: only as root, and only where its packages are to be had. */
export function installed(name, what) {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  console.log(`installing ${name} for ${what}`);
  return apt('update', '-qq') && apt('install', '-y', '-qq', name);
}
