import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';

export const ROOT = resolve(import.meta.dirname, '..');

/** A fenced block of a Markdown file. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Offset of `text` in the file. */
  readonly at: number;
}

export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)[^\n]*\n([\s\S]*?)^```$/gm)].map((m) => ({
    language: m[1] ?? '',
    text: m[2] ?? '',
    at: (m.index ?? 0) + m[0].indexOf('\n') + 1,
  }));
}

/** Runs the `$ opcount …` lines of a console block and gives the block as it should be: each command above its output. */
export function runConsole(text: string): string {
  const out: string[] = [];
  for (const line of text.split('\n').filter((l) => l.startsWith('$ '))) {
    const command = line.slice(2);
    const [tool, ...args] = command.split(' ');
    if (tool !== 'opcount') throw new Error(`docs may only run opcount, not ${tool}`);
    const done = spawnSync(process.execPath, [join(ROOT, 'dist/opcount.js'), ...args], {
      cwd: join(ROOT, 'test/fixtures'),
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' },
    });
    out.push(line, done.stdout.trimEnd(), ...(done.stderr === '' ? [] : [done.stderr.trimEnd()]));
  }
  return `${out.join('\n')}\n`;
}

/**
 * Runs a TypeScript block as a program of a stranger: the built package under its own name. A line `expression; // => x`
 * states what the expression gives; it is compared with the value as a template prints it. Returns the differences.
 */
export function runTypeScript(text: string, name: string): string[] {
  const program = text.replace(
    /^(?!\s*(?:import|const|let|class))(.+?);? \/\/ => (.*)$/gm,
    (_, expression: string, expected: string) => {
      return `__is(${JSON.stringify(expression)}, await (${expression}), ${JSON.stringify(expected)});`;
    },
  );
  const source = `const __show = (v: unknown): string => Array.isArray(v) ? '[' + v.map(__show).join(', ') + ']' : typeof v === 'string' ? "'" + v + "'" : typeof v === 'bigint' ? v + 'n' : String(v);
const __is = (what: string, value: unknown, expected: string) => { if (__show(value) !== expected) console.log(what + ' gives ' + __show(value) + ', not ' + expected); };
${program}`;
  const folder = join(ROOT, 'test-results', 'docs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, transformSync(source, { loader: 'ts', format: 'esm', target: 'node20' }).code);
  try {
    return execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: join(ROOT, 'test/fixtures') })
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    rmSync(file);
  }
}

/** Replaces what stands between `<!-- generated: id -->` and `<!-- /generated -->`. */
export function generated(markdown: string, id: string, content: string): string {
  const pattern = new RegExp(`(<!-- generated: ${id} -->\n)[\\s\\S]*?(<!-- /generated -->)`);
  if (!pattern.test(markdown)) throw new Error(`no place for "${id}"`);
  return markdown.replace(pattern, (_, open: string, close: string) => `${open}${content}\n${close}`);
}

/** Compares a file with what it should be; with UPDATE_GOLDENS=1 writes it instead. Returns what to compare. */
export function settle(path: string, should: string): { is: string; should: string } {
  const full = join(ROOT, path);
  if (process.env['UPDATE_GOLDENS']) writeFileSync(full, should);
  return { is: readFileSync(full, 'utf8'), should };
}
