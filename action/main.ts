// The GitHub Action. Comes in: the workflow's inputs and the checkout. Goes out: budgets checked, what changes against the base
// branch, one comment, the job's summary and an exit code.
// Add here: an input in inputs.ts and action.yml; what it computes belongs in src/check/. index.js is built from these files.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { githubText } from '../src/check/hosts.js';
import { shownData } from '../src/report/shown-data.js';
import { commandData } from './command-data.js';
import { commentText, inComment } from './comment.js';
import { writeComment } from './github.js';
import { inputsOf } from './inputs.js';
import { check, checkBase } from './run.js';

async function main(): Promise<void> {
  const inputs = inputsOf(process.env);
  const temp = mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'opcount-'));
  const report = join(temp, 'report.md');
  try {
    const { checked, costs } = check(inputs, inputs.folder, join(temp, 'head.json'));
    const base = inputs.compare ? checkBase(inputs, temp) : null;
    const text = commentText(checked, costs, base, inputs.pull?.baseRef ?? null);
    writeFileSync(report, text);
    process.stdout.write(githubText(shownData(checked)));
    append('GITHUB_STEP_SUMMARY', text);
    const passed = checked.every((c) => c.passed);
    append('GITHUB_OUTPUT', `passed=${passed}\nreport=${report}\n`);
    const unsaid = inputs.comment ? await writeComment(inputs, inComment(text)) : null;
    if (unsaid !== null) console.log(`::warning title=opcount::no comment was written: ${unsaid}`);
    process.exitCode = passed ? 0 : 1;
  } finally {
    rmSync(join(temp, 'base'), { recursive: true, force: true });
  }
}

/** Files of the runner's, which exist only there. */
function append(variable: string, text: string): void {
  const file = process.env[variable];
  if (file) appendFileSync(file, text);
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  console.log(`::error title=opcount::${commandData(text)}`);
  process.exitCode = 1;
});
