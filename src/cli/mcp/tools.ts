import { comparedSizes } from '../../api/compare.js';
import { type ProfileOptions, profileOf } from '../../api/profile.js';
import { reconcileOf } from '../../api/reconcile.js';
import type { Ledger } from '../../ledger/index.js';
import { read } from '../../node.js';
import {
  compareReports,
  compareText,
  PLAIN,
  type Report,
  reconcileText,
  render,
  toJson,
  whoPrints,
  whoPrintsText,
} from '../../report/index.js';
import { SourceError } from '../../source/errors.js';
import { statOf } from '../../source/node/attempt.js';

/** Options of opening a model, as an assistant gives them. */
export interface ModelArgs {
  readonly model: string;
  readonly inputs?: readonly string[] | undefined;
  readonly bind?: Readonly<Record<string, string | number>> | undefined;
}

/** The answer of a tool: text to read, and the numbers in it with all their digits. */
export interface Answer {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Models have a thousand layers: an assistant is given the first levels, and asks on by `depth`. */
const DEPTH = 2;

function optionsOf({ inputs, bind }: Omit<ModelArgs, 'model'>): ProfileOptions {
  return {
    ...(inputs === undefined || inputs.length === 0 ? {} : { inputs }),
    ...(bind === undefined ? {} : { bind }),
  };
}

/**
 * Opens a model for an assistant. Standard input is the assistant's own line, and pipes and devices may never end: a server that
 * waits for them answers nobody.
 */
function open(model: string, options: ProfileOptions): Promise<Ledger> {
  const stat = /^[a-z][a-z0-9+.-]+:/i.test(model) ? undefined : statOf(model);
  if (model === '-' || (stat !== undefined && !stat.isFile() && !stat.isDirectory()))
    throw new SourceError(`${model === '-' ? 'standard input' : model} is not a file that can be opened here`, {
      hint: 'give the path of a file, an address, or a built-in name',
    });
  return read(model, options);
}

/** Plain data: counts beyond 2^53 as text, as JSON of the protocol has no larger integers. */
function plain(value: unknown): Record<string, unknown> {
  const safe = (_: string, v: unknown): unknown =>
    typeof v === 'bigint' ? (v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v.toString()) : v;
  return JSON.parse(JSON.stringify(value, safe)) as Record<string, unknown>;
}

const headOf = ({ model, inputs, outputs, symbols, totals, coverage, notes }: Report): Record<string, unknown> =>
  plain({ model, inputs, outputs, symbols, totals, coverage, notes });

export async function profileTool(
  args: ModelArgs & { readonly depth?: number | undefined; readonly conventions?: readonly string[] | undefined },
): Promise<Answer> {
  const options = { ...optionsOf(args), conventions: args.conventions ?? [] };
  const report = await profileOf(await open(args.model, options), options);
  const conventions = plain(report.conventions);
  return {
    text: render(report, 'md', { depth: args.depth ?? DEPTH }),
    data: { ...headOf(report), conventions },
  };
}

export async function compareTool(
  args: Omit<ModelArgs, 'model'> & { readonly a: string; readonly b: string; readonly depth?: number | undefined },
): Promise<Answer> {
  const options = optionsOf(args);
  const [first, second] = [await open(args.a, options), await open(args.b, options)];
  const sizes = comparedSizes(first, second);
  const left = await profileOf(first, { ...options, wanted: sizes.a });
  const right = await profileOf(second, { ...options, wanted: sizes.b });
  const depth = args.depth ?? 1;
  return {
    text: compareText(left, right, depth, 'auto', PLAIN),
    data: JSON.parse(toJson(compareReports(left, right, depth))) as Record<string, unknown>,
  };
}

export async function reconcileTool(args: ModelArgs & { readonly number?: string | undefined }): Promise<Answer> {
  const options = optionsOf(args);
  const report = reconcileOf(await open(args.model, options), options);
  if (args.number === undefined) return { text: reconcileText(report, PLAIN), data: plain(report) };
  const who = whoPrints(report, args.number);
  return { text: whoPrintsText(report, who, PLAIN), data: plain(who) };
}

export async function fitTool(
  args: ModelArgs & {
    readonly devices: readonly string[];
    readonly context?: number | undefined;
    readonly weights?: string | undefined;
    readonly kv?: string | undefined;
  },
): Promise<Answer> {
  const { devices, context, weights, kv } = args;
  const options: ProfileOptions = {
    ...optionsOf(args),
    devices,
    ...(context === undefined ? {} : { context }),
    ...(weights === undefined ? {} : { weights }),
    ...(kv === undefined ? {} : { kv }),
  };
  const report = await profileOf(await open(args.model, options), options);
  return {
    text: render(report, 'md', { depth: 0 }),
    data: { ...headOf(report), ...plain({ bounds: report.bounds, serving: report.serving }) },
  };
}
