import { expect, test } from 'vitest';
import { memorySource } from '../../src/source/memory.js';
import { LOCAL, REMOTE, windowed } from '../../src/source/window.js';

/** Reads [start, end) by small steps, as a parser does. */
function walk(source: ReturnType<typeof windowed>, start: number, end: number): void {
  for (let at = start; at < end; at += 10) source.read(at, Math.min(end, at + 10));
}

test('a sequential run costs few requests and little in vain', () => {
  const source = windowed(memorySource(new Uint8Array(100_000_000)), LOCAL);
  walk(source, 0, 3_000_000);
  expect(source.bytesRead).toBeLessThan(3_000_000 * 1.09);
  expect(source.requests).toBeLessThan(130);
});

test('between jumps, about as much is fetched as the runs before were long', () => {
  const source = windowed(memorySource(new Uint8Array(100_000_000)), LOCAL);
  for (let i = 0; i < 1000; i++) walk(source, i * 100_000, i * 100_000 + 80);
  expect(source.bytesRead).toBeLessThan(1000 * 80 * 1.6);
  expect(source.requests).toBeLessThan(1010);
});

test('what is long is read straight through, and not kept', () => {
  const source = windowed(memorySource(new Uint8Array(10_000_000)), LOCAL);
  source.read(0, 10_000_000);
  expect(source.requests).toBe(1);
  expect(source.bytesRead).toBe(10_000_000);
});

test('going back and forth between two places fetches each once', () => {
  const source = windowed(memorySource(new Uint8Array(10_000_000)), REMOTE);
  for (let i = 0; i < 100; i++) {
    source.read(9_000_000 + i * 50, 9_000_050 + i * 50);
    source.read(i * 50, 50 + i * 50);
  }
  expect(source.requests).toBe(2);
});

test('a source with windows gets no second ones', () => {
  const source = windowed(memorySource(new Uint8Array(10)));
  expect(windowed(source)).toBe(source);
});
