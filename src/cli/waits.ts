import { tellWaits } from '../source/waiting.js';
import { BEFORE, STREAMS } from './output.js';

/** These say how far they are by themselves, or leave the screen to a program. */
const OWN = new Set(['run', 'scan', 'mcp', 'view', 'completion']);
/** Milliseconds that nobody minds waiting without a word. */
const PATIENCE = 1000;
/** Where nobody watches: a line now and then, for the log of a long job. */
const SELDOM = 30_000;

/**
 * Says on stderr what lasts: on a terminal by a line that is written over and is gone before anything else is printed,
 * elsewhere by a line every half minute.
 */
export function showWaits(argv: readonly string[]): void {
  if (OWN.has(argv[0] ?? '') || argv.includes('--quiet')) return;
  const began = Date.now();
  let last = began;
  let shown = '';
  tellWaits((step) => {
    const now = Date.now();
    if (now - began < PATIENCE) return;
    const screen = process.stderr.isTTY; // which makes a stream of it: not at a start
    if (!screen && now - last < SELDOM) return;
    last = now;
    if (!screen) {
      STREAMS.err(`${step}\n`);
      return;
    }
    const line = step.slice(0, Math.max(20, (process.stderr.columns || 80) - 1));
    if (line === shown) return;
    shown = line;
    STREAMS.err(`\r\u001b[K${line}`);
    BEFORE.printing = () => {
      BEFORE.printing = null;
      shown = '';
      STREAMS.err('\r\u001b[K');
    };
  });
}
