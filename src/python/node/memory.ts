import { type ChildProcess, execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** Milliseconds between two looks at a process's memory. */
const BY_PROC = 20;
const BY_PS = 250;
/** `status` of /proc is shorter; it states KiB, whatever the size of a page is. */
const STATUS_BYTES = 4096;

/** Room for the facts of a program in this process: some million operators. */
const OWN_BYTES = 1.5 * 2 ** 30;

/**
 * Calls `exceeded` once a process holds more resident memory than it may, or has this one hold too much on its account.
 * Gives a function that ends the watch.
 */
export function watchMemory(child: ChildProcess, bytes: number, exceeded: () => void): () => void {
  const before = process.memoryUsage.rss();
  const own = setInterval(() => {
    if (process.memoryUsage.rss() - before > OWN_BYTES) exceeded();
  }, BY_PS);
  const other = watchOther(child, bytes, exceeded);
  return () => {
    clearInterval(own);
    other();
  };
}

function watchOther({ pid }: ChildProcess, bytes: number, exceeded: () => void): () => void {
  if (pid === undefined) return () => {};
  if (existsSync(`/proc/${pid}/status`)) return byProc(pid, bytes, exceeded);
  return process.platform === 'win32' ? () => {} : byPs(pid, bytes, exceeded);
}

function byProc(pid: number, bytes: number, exceeded: () => void): () => void {
  const file = openSync(`/proc/${pid}/status`, 'r');
  const buffer = Buffer.alloc(STATUS_BYTES);
  const timer = setInterval(() => {
    try {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, STATUS_BYTES, 0));
      if (heldBy(text) > bytes) exceeded();
    } catch {
      // It ended: there is nothing left to watch.
    }
  }, BY_PROC);
  return () => {
    clearInterval(timer);
    closeSync(file);
  };
}

/** Bytes that a process holds by its `status` of /proc; what was swapped out for want of room is held too. */
export function heldBy(status: string): number {
  const kib = [...status.matchAll(/^Vm(?:RSS|Swap):\s*(\d+) kB/gm)].map(([, digits]) => Number(digits));
  return kib.reduce((sum, n) => sum + n, 0) * 1024;
}

function byPs(pid: number, bytes: number, exceeded: () => void): () => void {
  const timer = setInterval(() => {
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (_error, out) => {
      if (Number(out) * 1024 > bytes) exceeded();
    });
  }, BY_PS);
  return () => clearInterval(timer);
}
