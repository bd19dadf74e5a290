// Firefox, for the tests of the page. FIREFOX names another one.
import { ensured, found } from './programs.mjs';

const NAMES = ['firefox-esr', 'firefox'];
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

export const findFirefox = () => found('FIREFOX', NAMES, PLACES);
export const ensureFirefox = () => ensured(findFirefox, 'firefox-esr', 'the tests of the page in Firefox');
