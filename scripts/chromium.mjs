// Chromium, for the tests of the page and its benchmark. CHROMIUM names another one.
import { ensured, found } from './programs.mjs';

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

export const findChromium = () => found('CHROMIUM', NAMES, PLACES);
export const ensureChromium = () => ensured(findChromium, 'chromium', 'the tests of the page');
