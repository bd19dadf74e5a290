import { type ChildProcess, execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** Milliseconds between two looks at a process's memory. */
const BY_PROC = 20;
const BY_PS = 250;
const PAGE = 4096;

/** Calls `exceeded` once a process holds more resident memory than it may. Gives a function that ends the watch. */
export function watchMemory(child: ChildProcess, bytes: number, exceeded: () => void): () => void {
  const { pid } = child;
  if (pid === undefined) return () => {};
  if (existsSync(`/proc/${pid}/statm`)) return byProc(pid, bytes, exceeded);
  return process.platform === 'win32' ? () => {} : byPs(pid, bytes, exceeded);
}

function byProc(pid: number, bytes: number, exceeded: () => void): () => void {
  // The page size is the kernel's own only here; where it is larger than 4096, `status` states KiB.
  const file = openSync(`/proc/${pid}/status`, 'r');
  const buffer = Buffer.alloc(PAGE);
  const timer = setInterval(() => {
    try {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, PAGE, 0));
      if (Number(/^VmRSS:\s*(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024 > bytes) exceeded();
    } catch {
      // It ended: there is nothing left to watch.
    }
  }, BY_PROC);
  return () => {
    clearInterval(timer);
    closeSync(file);
  };
}

function byPs(pid: number, bytes: number, exceeded: () => void): () => void {
  const timer = setInterval(() => {
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (_error, out) => {
      if (Number(out) * 1024 > bytes) exceeded();
    });
  }, BY_PS);
  return () => clearInterval(timer);
}
