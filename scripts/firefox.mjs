// Finds a Firefox for the tests of the page, and on a Debian machine where one may install packages, installs it. FIREFOX
// names another one.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installed } from './debian.mjs';

const NAMES = ['firefox-esr', 'firefox'];
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

export function findFirefox() {
  if (process.env['FIREFOX']) return process.env['FIREFOX'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** As `findFirefox`, after trying to install it: only as root, and only where Debian's own package is to be had. */
export function ensureFirefox() {
  return findFirefox() ?? (installed('firefox-esr', 'the tests of the page in Firefox') ? findFirefox() : null);
}
