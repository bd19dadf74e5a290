import { htmlText } from '../report/escape.js';
import type { Checked, Verdict } from './verdicts.js';

/**
 * JUnit's XML, as CI servers read it: a suite for each model, a case for each measure. Attributes and text as in HTML;
 * characters that XML cannot hold were made visible before.
 */
export function junitText(checked: readonly Checked[]): string {
  const all = checked.flatMap(casesOf);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="opcount" tests="${all.length}" failures="${all.filter((c) => c.failure !== null).length}">`,
    ...checked.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  /** Null if it passed. */
  readonly failure: string | null;
}

function casesOf({ checks, error }: Checked): Case[] {
  const cases = checks.map((v: Verdict): Case => ({ name: v.what, failure: v.passed ? null : v.text }));
  return error === undefined ? cases : [...cases, { name: 'read', failure: error.message }];
}

function suite(checked: Checked): string[] {
  const cases = casesOf(checked);
  const name = htmlText(checked.name);
  return [
    `  <testsuite name="${name}" tests="${cases.length}" failures="${cases.filter((c) => c.failure !== null).length}">`,
    ...cases.map((c) => {
      const open = `    <testcase classname="${name}" name="${htmlText(c.name)}"`;
      return c.failure === null ? `${open}/>` : `${open}><failure message="${htmlText(c.failure)}"/></testcase>`;
    }),
    '  </testsuite>',
  ];
}
