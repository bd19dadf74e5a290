import { join } from 'node:path';
import { codeKind, keepCode, keptCode } from './code-cache.js';
import { openPieces, type ScriptTable } from './pieces.js';

/** Of this build; the build script puts it in. */
declare const OPCOUNT_SCRIPTS: ScriptTable;

const WITHOUT_MODEL: ReadonlySet<string | null> = new Set(['version', 'options']);

/**
 * The command's entry. Most of what a short run takes is compiling: so only those pieces of the code are loaded that it uses,
 * and what V8 made of them when they last ran is kept in the user's cache folder and handed to V8 again.
 */
function start(): void {
  const kind = codeKind(process.argv.slice(2));
  if (!WITHOUT_MODEL.has(kind)) {
    const flags = flagsOfShortRuns(Number.parseInt(process.versions.v8, 10));
    if (flags.length > 0) {
      // It takes its time to load, which pays where a model is read.
      const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
      for (const flag of flags) setFlagsFromString(flag);
    }
  }
  const kept = kind === null ? null : keptCode(kind);
  const { load, scripts } = openPieces(join(__dirname, 'command.js'), OPCOUNT_SCRIPTS, kept, require);
  load(0);
  if (kind === null) return;
  process.once('exit', (code) => {
    const compiled = [...scripts].filter(([, script]) => !script.kept);
    // With the functions that this run has used.
    if (code === 0 && compiled.length > 0)
      keepCode(kind, kept, new Map(compiled.map(([i, { script }]) => [i, script.createCachedData()])));
  });
}

/**
 * A short run ends before code that V8 optimises for the long run pays: it begins with that later. By V8's version, for it
 * tells the user of a flag that it does not know, and each generation has others (11 is Node 20's, 12 is Node 22's).
 */
function flagsOfShortRuns(v8: number): readonly string[] {
  if (v8 === 11) return ['--interrupt-budget=1000000'];
  if (v8 < 12 || v8 > 14) return [];
  return [
    '--invocation-count-for-maglev=4000',
    '--invocation-count-for-osr=5000',
    '--invocation-count-for-turbofan=30000',
  ];
}

start();
