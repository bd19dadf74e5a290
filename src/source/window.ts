import { checkRange, type Source } from './source.js';

/** How much to fetch at once; what is cheap differs between a disk, a browser's file and a server. All in bytes. */
export interface WindowPolicy {
  /** The very first window, the smallest step of a sequential run, and the most that is fetched after a jump. */
  readonly first: number;
  /** The least worth fetching after a jump; a hop no longer than this always counts as sequential. */
  readonly least: number;
  /** The largest window; longer reads go straight through and are not kept. */
  readonly most: number;
  /** The next window of a sequential run, as a share of what the run has taken so far: bounds what is fetched in vain. */
  readonly share: number;
  /** What `Source` says under this name; `least` where it is left out. */
  readonly reach?: number;
}

/** A file: a call costs a microsecond, so fetch little in vain (a twelfth of a run at most). */
export const LOCAL: WindowPolicy = { first: 512, least: 64, most: 1 << 20, share: 1 / 12 };
/** A browser's File: about a millisecond a call. */
export const CALL_BOUND: WindowPolicy = { first: 1 << 16, least: 1 << 12, most: 1 << 22, share: 1 / 2 };
/** A server: tens of milliseconds a request. */
export const REMOTE: WindowPolicy = { first: 1 << 16, least: 1 << 14, most: 1 << 23, share: 1, reach: 1 << 20 };

/** Fetched bytes and where they are. */
export interface Window {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A source with windows in front: small reads are cheap, and fetching adapts to how the file is read. */
export interface WindowedSource extends Source {
  /**
   * A window that holds at least [start, start + need). `used` is the end of what the caller has used so far: on a jump
   * it tells how long the run before it was, and so how much is likely to be used after it.
   */
  windowAt(start: number, need: number, used: number): Window;
}

/** Puts windows before `source`; a source that has them already is returned as it is. */
export function windowed(source: Source, policy: WindowPolicy = LOCAL): WindowedSource {
  return isWindowed(source) ? source : new AdaptiveWindows(source, policy);
}

function isWindowed(source: Source): source is WindowedSource {
  return typeof (source as Partial<WindowedSource>).windowAt === 'function';
}

interface CachedWindow extends Window {
  readonly end: number;
  /** Where the sequential run began that this window continues. */
  readonly run: number;
}

/** Windows kept: enough to go back and forth between a directory and what it lists. */
const KEPT = 8;
/** Added to a predicted run: the longest varint, which readers ask for before they know its length, and a little more. */
const SLACK = 16;
/** The longest hop of a run that has taken long: between small weights a call takes longer than to fetch one in vain. */
const HOP = 512;

class AdaptiveWindows implements WindowedSource {
  readonly name: string;
  readonly size: number;
  readonly reach: number;
  private readonly inner: Source;
  private readonly policy: WindowPolicy;
  private readonly held: CachedWindow[] = [];
  private lastRuns: readonly [number, number] = [0, 0];
  private used = 0;

  constructor(inner: Source, policy: WindowPolicy) {
    this.inner = inner;
    this.policy = policy;
    this.name = inner.name;
    this.size = inner.size;
    this.reach = policy.reach ?? policy.least;
  }

  get bytesRead(): number {
    return this.inner.bytesRead;
  }

  get requests(): number {
    return this.inner.requests;
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    if (end - start > this.policy.most) return this.inner.read(start, end);
    const window = this.windowAt(start, end - start, this.used);
    this.used = end;
    return window.bytes.subarray(start - window.start, end - window.start);
  }

  windowAt(start: number, need: number, used: number): Window {
    const { held } = this;
    for (let i = 0; i < held.length; i++) {
      const window = held[i]!;
      if (start < window.start || start + need > window.end) continue;
      if (i > 0) {
        held.splice(i, 1);
        held.unshift(window);
      }
      return window;
    }
    checkRange(this.name, this.size, start, start + need);
    const last = held[0];
    const window = this.continues(last, start) ? this.extend(last, start, need) : this.jump(last, start, need, used);
    held.unshift(window);
    if (held.length > KEPT) held.pop();
    return window;
  }

  /** Whether a read from `start` goes on with the run of the last window: a hop is short beside what the run fetches at once. */
  private continues(last: CachedWindow | undefined, start: number): last is CachedWindow {
    if (last === undefined || start < last.start) return false;
    const { least, share } = this.policy;
    return start - last.end <= Math.max(least, Math.min(HOP, (last.end - last.run) * share));
  }

  /** Continues a run: larger the longer it has gone on. What the last window holds of it already is not fetched again. */
  private extend(last: CachedWindow, start: number, need: number): CachedWindow {
    const { first, most, share } = this.policy;
    const from = Math.max(start, last.end);
    const step = Math.min(most, Math.max(first, Math.floor((last.end - last.run) * share)));
    const end = Math.min(this.size, Math.max(start + need, from + step));
    const fresh = this.inner.read(from, end);
    if (start >= last.end) return { start, end, bytes: fresh, run: last.run };
    const tail = last.bytes.subarray(start - last.start);
    const bytes = new Uint8Array(tail.length + fresh.length);
    bytes.set(tail);
    bytes.set(fresh, tail.length);
    return { start, end, bytes, run: last.run };
  }

  /** Starts a new run, as long as the ones before it: between large tensors only short headers are read. */
  private jump(last: CachedWindow | undefined, start: number, need: number, used: number): CachedWindow {
    const { first, least } = this.policy;
    let likely = first;
    if (last !== undefined) {
      const run = Math.max(0, Math.min(used, last.end) - last.run);
      this.lastRuns = [run, this.lastRuns[0]];
      likely = Math.min(first, Math.max(least, Math.ceil(1.25 * Math.max(...this.lastRuns)) + SLACK));
    }
    const end = Math.min(this.size, start + Math.max(need, likely));
    return { start, end, bytes: this.inner.read(start, end), run: start };
  }

  sibling(path: string): Source | undefined {
    const inner = this.inner.sibling(path);
    return inner === undefined ? undefined : windowed(inner, this.policy);
  }

  close(): void {
    this.held.length = 0;
    this.inner.close?.();
  }
}
