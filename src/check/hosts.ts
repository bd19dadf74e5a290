import { toJson } from '../report/index.js';
import type { Checked } from './verdicts.js';

/**
 * GitHub's workflow commands: an error for each failure, at the model's file, and a notice where all is well. Values are
 * escaped as the runner undoes it: % first, then line ends; in properties also the colon and the comma.
 */
export function githubText(checked: readonly Checked[]): string {
  const lines = checked.flatMap(({ name, model, checks, error }) => [
    ...checks
      .filter((v) => !v.passed)
      .map(
        (v) => `::error file=${property(inRepository(model))},title=${property(`opcount: ${name}`)}::${data(v.text)}`,
      ),
    ...(error === undefined
      ? []
      : [
          `::error file=${property(inRepository(model))},title=${property(`opcount: ${name}`)}::${data(error.message)}`,
        ]),
  ]);
  if (lines.length === 0)
    lines.push(`::notice title=opcount::${data(`${checked.map((c) => c.name).join(', ')}: within budget`)}`);
  return `${lines.join('\n')}\n`;
}

/** A path as hosts have it: relative to the repository, with slashes, and without `./` in front. */
function inRepository(model: string): string {
  return model.replaceAll('\\', '/').replace(/^(?:\.\/+)+/, '');
}

const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** GitLab's code-quality artefact: a list of issues with a place and a fingerprint that stays the same from run to run. */
export function gitlabText(checked: readonly Checked[]): string {
  return toJson(
    checked.flatMap(({ name, model, checks, error }) => {
      const issue = (what: string, text: string): Record<string, unknown> => ({
        description: `${name}: ${text}`,
        check_name: `opcount/${what}`,
        fingerprint: fingerprint(`${name}\n${model}\n${what}`),
        severity: 'major',
        location: { path: inRepository(model), lines: { begin: 1 } },
      });
      return [
        ...checks.filter((v) => !v.passed).map((v) => issue(v.what, v.text)),
        ...(error === undefined ? [] : [issue('read', error.message)]),
      ];
    }),
  );
}

/** FNV-1a in 64 bits: a name for an issue, not a secret. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
