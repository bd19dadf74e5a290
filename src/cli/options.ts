import type { Command } from 'commander';
import { Option } from 'commander';
import { GROUPINGS, type Grouping } from '../ledger/index.js';
import { FORMATS, type Format, SORTS, type Sort, UNIT_MODES, type UnitMode } from '../report/index.js';
import { byName } from '../source/by-name.js';
import { UsageError } from './errors.js';

export const COLOR_MODES = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** The options that say how a model is opened. */
export interface ModelFlags {
  readonly input?: readonly string[];
  readonly bind?: Readonly<Record<string, string>>;
  readonly causal?: 'full' | 'half';
  readonly logits?: 'all' | 'last';
  readonly latent?: 'expanded' | 'absorbed';
  readonly signature?: string;
  readonly inplace?: boolean;
  readonly pythonPath?: readonly string[];
  readonly timeLimit?: number;
  readonly formulas?: string;
}

export interface ReportFlags extends ModelFlags {
  readonly as?: readonly string[];
  readonly by?: Grouping | 'serving';
  readonly depth?: number;
  readonly top?: number;
  readonly sort?: Sort;
  readonly columns?: readonly string[];
  readonly format?: Format;
  readonly output?: string;
  readonly formula?: boolean;
  readonly units?: UnitMode;
  readonly color: ColorMode;
  readonly quiet?: boolean;
  readonly notes?: boolean;
  readonly device?: readonly string[];
  readonly context?: number;
  readonly weights?: string;
  readonly kv?: string;
  readonly tp?: number;
  readonly measured?: string;
}

/** Names with commas between them. Throws UsageError if there is none. */
export function list(text: string, before: readonly string[] = []): string[] {
  const names = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (names.length === 0) throw new UsageError(`"${text}" names nothing`, 'write names with commas between them: a,b');
  return [...before, ...names];
}

export function whole(name: string, least: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < least)
      throw new UsageError(`${name} takes a whole number from ${least}, not "${text}"`);
    return n;
  };
}

export const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `batch=8,seq=128`, repeatable. */
export function bindings(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const all: Record<string, string> = byName({ ...before });
  for (const part of list(text)) {
    const equals = part.lastIndexOf('=');
    if (equals < 1 || equals === part.length - 1)
      throw new UsageError(`--bind "${part}" is not of the form name=value`, 'write --bind batch=8,seq=128');
    all[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return all;
}

/** Ids with commas between them, or one description in words, which has commas of its own; repeatable. */
function devices(text: string, before: readonly string[] = []): string[] {
  return /:\s*[\d.]+\s*[kmgtpe]/i.test(text) ? [...before, text] : list(text, before);
}

/** Options of Python sources. */
export function addPythonFlags(command: Command): Command {
  return command
    .option(
      '--python-path <folder>',
      'for .py: a folder to import from, read only (repeatable)',
      (folder: string, before: readonly string[] = []) => [...before, folder],
    )
    .option('--time-limit <seconds>', 'for .py: how long it may run (300)', whole('--time-limit', 1));
}

export function addModelFlags(command: Command): Command {
  return addPythonFlags(command)
    .option(
      '--input <[name=]shape[:dtype]>',
      'an input: 1x3x224x224, ids=1x128:int64, batchx3x224x224 (repeatable)',
      repeated,
    )
    .option('--bind <name=value,…>', 'numbers for free dimensions: batch=8,seq=128', bindings)
    .option('--formulas <file>', 'JSON with formulas for operators that have none: {"my.Op": {"macs": "in*in2.1"}}')
    .option('--inplace', 'peak memory where elementwise results are written over inputs that nobody reads afterwards')
    .addOption(
      new Option('--causal <how>', 'causal attention: all positions, or those that the mask leaves').choices([
        'full',
        'half',
      ]),
    )
    .addOption(
      new Option(
        '--logits <which>',
        'language models: the head on all positions, or on the last one as servers do',
      ).choices(['all', 'last']),
    )
    .addOption(
      new Option(
        '--latent <form>',
        'latent attention: keys and values made anew at every pass, or absorbed into queries as servers do',
      ).choices(['expanded', 'absorbed']),
    )
    .option('--signature <name>', 'TensorFlow: the signature to read, of several (serving_default)');
}

export function addFormatFlags(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option('--format <format>', 'how to print it').choices([...formats]))
    .option('-o, --output <file>', 'write the result there instead of to stdout');
}

export function addOutputFlags(command: Command, formats: readonly string[], units = true): Command {
  addFormatFlags(command, formats);
  if (units)
    command.addOption(new Option('--units <units>', 'auto: 4.089 G; raw: all digits').choices([...UNIT_MODES]));
  return command
    .addOption(new Option('--color <when>', 'colours').choices([...COLOR_MODES]).default('auto'))
    .option('--quiet', 'no notes on stderr');
}

/** How a language model is served. */
export function addServingFlags(command: Command): Command {
  return command
    .option(
      '--context <tokens>',
      'language models: prefill of this many tokens, and a step after them',
      whole('--context', 1),
    )
    .option('--weights <format>', 'language models: weights kept as int4, int8, fp8, mxfp4, bf16, q4_k, …')
    .option('--kv <format>', 'language models: keys and values kept as fp8, int8, int4, q8_0, …');
}

export function addReportFlags(command: Command): Command {
  addServingFlags(addModelFlags(command))
    .option('--as <convention,…>', 'also what these tools print: thop,torchstat,… or all', list)
    .addOption(new Option('--by <what>', 'what a row is').choices([...GROUPINGS, 'serving']))
    .option('--depth <n>', 'levels of the module tree', whole('--depth', 0))
    .option('--top <n>', 'only the n largest rows', whole('--top', 1))
    .addOption(new Option('--sort <by>', 'largest first').choices([...SORTS]))
    .option('--columns <id,…>', 'columns of the table', list)
    .option(
      '--device <id,…>',
      'the least time on these devices: h100-sxm,rtx-4090:fp16, a JSON file, or "name: 82.6T fp32, 1008GB/s, 24GB"',
      devices,
    )
    .option('--tp <devices>', 'language models: every layer split over this many devices', whole('--tp', 2))
    .option(
      '--measured <profile.json>',
      'times of a profile of ONNX Runtime or trtexec, beside the work of each operator',
    )
    .option('--formula', 'formulas in free dimensions with all their terms')
    .option('--notes', 'all notes, not the two that matter most');
  return addOutputFlags(command, FORMATS);
}
