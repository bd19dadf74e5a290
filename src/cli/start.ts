import { join } from 'node:path';
import { codeKind, keepCode, keptCode } from './code-cache.js';
import { openPieces, type ScriptTable } from './pieces.js';
import { tierFor } from './tiering.js';

/** Of this build; the build script puts it in. */
declare const OPCOUNT_SCRIPTS: ScriptTable;

const WITHOUT_MODEL: ReadonlySet<string | null> = new Set(['version', 'options']);

/**
 * The command's entry. Most of what a short run takes is compiling: so only those pieces of the code are loaded that it uses,
 * and what V8 made of them when they last ran is kept in the user's cache folder and handed to V8 again.
 */
function start(): void {
  const kind = codeKind(process.argv.slice(2));
  if (!WITHOUT_MODEL.has(kind)) tierFor('short');
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

start();
