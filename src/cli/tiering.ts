/**
 * When V8 optimises code. A short run ends before code that V8 optimises for the long run pays: it begins with that later. A
 * run that reads a large graph is a long one: from then on code is optimised sooner.
 *
 * Flags by V8's version, for it tells the user of a flag that it does not know, and each generation has others (11 is Node
 * 20's, 12 is Node 22's).
 */
interface Tiering {
  readonly short: readonly string[];
  /**
   * V8's own defaults; for Node 20 four times that, and a ninth of what it copies into callers, measured best for graphs of
   * 20,000 to 100,000 nodes: large functions take longer to compile than such a run gains from them.
   */
  readonly long: readonly string[];
}

function tieringOf(v8: number): Tiering | null {
  if (v8 === 11)
    return {
      short: ['--interrupt-budget=1000000'],
      long: ['--interrupt-budget=270336', '--max-inlined-bytecode-size-cumulative=100'],
    };
  if (v8 < 12 || v8 > 14) return null;
  const counts = (maglev: number, osr: number, turbofan: number): readonly string[] => [
    `--invocation-count-for-maglev=${maglev}`,
    `--invocation-count-for-osr=${osr}`,
    `--invocation-count-for-turbofan=${turbofan}`,
  ];
  return { short: counts(4000, 5000, 30_000), long: counts(400, v8 === 12 ? 800 : 500, 3000) };
}

/** More than the graphs of models of a few hundred layers take. */
export const LONG_RUN_BYTES: number = 2 ** 20;

/** Tells V8 what kind of run this is. Its module takes its time to load, which pays where a model is read. */
export function tierFor(run: keyof Tiering): void {
  const tiering = tieringOf(Number.parseInt(process.versions.v8, 10));
  if (tiering === null) return;
  const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
  for (const flag of tiering[run]) setFlagsFromString(flag);
}
