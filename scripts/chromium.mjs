// Finds a Chromium for the tests of the page, and on a Debian machine where one may install packages, installs it. Prints
// its path, or says on stderr that there is none. CHROMIUM names another one.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installed } from './debian.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** How the tests and the benchmark of the page start it: alone, and asking nobody. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function findChromium() {
  if (process.env['CHROMIUM']) return process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** As `findChromium`, after trying to install it: only as root, and only where Debian's own package is to be had. */
export function ensureChromium() {
  return findChromium() ?? (installed('chromium', 'the tests of the page') ? findChromium() : null);
}
