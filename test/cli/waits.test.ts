import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { emit, STREAMS, say } from '../../src/cli/output.js';
import { showWaits } from '../../src/cli/waits.js';
import { isTold, tellWaits, told } from '../../src/source/waiting.js';

const terminal = { on: true };
const before = process.stderr.isTTY;
Object.defineProperty(process.stderr, 'isTTY', { get: () => terminal.on, configurable: true });
afterAll(() => Object.defineProperty(process.stderr, 'isTTY', { value: before, configurable: true, writable: true }));

afterEach(() => {
  tellWaits(null);
  vi.restoreAllMocks();
});

/** What reaches stderr, with a clock that the test moves. */
function watched(argv: readonly string[]): { written: string[]; at: (ms: number) => void } {
  const written: string[] = [];
  let now = 0;
  vi.spyOn(STREAMS, 'err').mockImplementation((text) => void written.push(text));
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void written.push(`out ${text}`));
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  showWaits(argv);
  return { written, at: (ms) => (now = ms) };
}

test('a terminal shows what lasts over a second, on one line that is gone before anything else is printed', () => {
  terminal.on = true;
  const { written, at } = watched(['https://example.org/model.onnx']);
  at(900);
  told('fetching: 0.1 MiB');
  expect(written).toEqual([]);
  at(1100);
  told('fetching: 0.2 MiB');
  told('fetching: 0.2 MiB');
  at(1400);
  told(`fetching: 0.3 MiB ${'x'.repeat(200)}`);
  expect(written.map((text) => text.replace('\r\u001b[K', ''))).toEqual([
    'fetching: 0.2 MiB',
    expect.stringMatching(/^fetching: 0\.3 MiB x{61}$/),
  ]);
  emit('result\n', undefined);
  say('note');
  expect(written.slice(2)).toEqual(['\r\u001b[K', 'out result\n', 'note\n']);
});

test('elsewhere a line every half minute', () => {
  terminal.on = false;
  const { written, at } = watched(['model.py:Net']);
  for (let second = 1; second <= 65; second++) {
    at(second * 1000);
    told(`${second} s`);
  }
  expect(written).toEqual(['30 s\n', '60 s\n']);
});

test.each([
  ['run', 'train.py'],
  ['scan', 'models'],
  ['model.onnx', '--quiet'],
])('%s %s: nothing', (...argv) => {
  showWaits(argv);
  expect(isTold()).toBe(false);
});
