import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';
import { codeKind, keepCode, keptCode } from './code-cache.js';

/**
 * The command's entry. Most of what a short run takes is compiling: so all code is one file, and what V8 made of it when it
 * last ran is kept in the user's cache folder and handed to V8 again.
 */
function start(): void {
  // A short run ends before code that V8 optimises for the long run pays: it begins with that later.
  setFlagsFromString('--interrupt-budget=1000000');
  const file = join(__dirname, 'command.js');
  // ASCII, which the build makes sure of: one byte a character, no decoding.
  const text = readFileSync(file, 'latin1');
  const kind = codeKind(process.argv.slice(2));
  const kept = kind === null ? null : keptCode(kind);
  const script = new Script(text, {
    filename: file,
    ...(kept === null ? {} : { cachedData: kept }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, __dirname);
  // With the functions that this run has used.
  if (kind !== null && (kept === null || script.cachedDataRejected === true))
    process.once('exit', (code) => {
      if (code === 0) keepCode(kind, script.createCachedData());
    });
}

start();
