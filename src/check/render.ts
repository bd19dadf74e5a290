import { toJson } from '../report/index.js';
import { shownData } from '../report/shown-data.js';
import type { CheckFormat } from './formats.js';
import { githubText, gitlabText } from './hosts.js';
import { junitText } from './junit.js';
import { checksMarkdown } from './markdown.js';
import type { Checked, CheckedModels } from './verdicts.js';

/** Verdicts as text. `single` is a model that was named alone: its JSON is its own, without a list around it. */
export function renderChecks(checked: readonly Checked[], format: CheckFormat, single: boolean): string {
  const passed = checked.every((c) => c.passed);
  const shown = shownData(checked);
  switch (format) {
    case 'json':
      return toJson(single ? checked[0] : ({ schema: 1, passed, models: checked } satisfies CheckedModels));
    case 'md':
      return checksMarkdown(shown);
    case 'github':
      return githubText(shown);
    case 'gitlab':
      return gitlabText(shown);
    case 'junit':
      return junitText(shown);
    case 'table':
      return table(shown, single);
  }
}

function table(checked: readonly Checked[], single: boolean): string {
  const lines = checked.flatMap((c) => [
    ...(single ? [] : [c.name]),
    ...linesOf(c).map((line) => (single ? line : `  ${line}`)),
  ]);
  const failed = checked.filter((c) => !c.passed);
  const sum =
    failed.length === 0
      ? `${checked.length} of ${checked.length} models keep to their budgets`
      : `${failed.length} of ${checked.length} models do not keep to their budgets: ${failed.map((c) => c.name).join(', ')}`;
  return `${[...lines, ...(single ? [] : [sum])].join('\n')}\n`;
}

function linesOf({ checks, error }: Checked): string[] {
  const lines = checks.map((v) => `${v.passed ? 'ok  ' : 'FAIL'}  ${v.text}`);
  return error === undefined
    ? lines
    : [...lines, `FAIL  ${error.message}${error.hint === null ? '' : ` (${error.hint})`}`];
}
