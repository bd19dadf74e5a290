import { expect, test } from 'vitest';
import type { Ending } from '../../src/python/confinement.js';
import { stoppedAt } from '../../src/python/failures.js';

test.each<[Ending, string, RegExp]>([
  [{ kind: 'time' }, 'limit', /did not end within 3 s/],
  [{ kind: 'memory' }, 'limit', /more than 704 MiB/],
  [{ kind: 'broken', why: 'RangeError: Maximum call stack size exceeded' }, 'limit', /deeper than .* stack/],
  [
    { kind: 'broken', why: 'RuntimeError: unreachable' },
    'malformed',
    /broke its interpreter: RuntimeError: unreachable/,
  ],
])('what ends a program is told with what to do: %j', (ending, code, says) => {
  const error = stoppedAt(ending, { seconds: 3, file: 'a.py', failed: null, short: (path) => path });
  expect(error).toMatchObject({ code, format: 'python', at: { file: 'a.py' }, message: expect.stringMatching(says) });
  expect(error.hint).not.toBe('');
});
