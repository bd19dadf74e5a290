import { reconcileOf } from '../api/reconcile.js';
import { conventionOf } from '../conventions/index.js';
import { read } from '../node.js';
import { reconcileMarkdown, reconcileText, toJson, whoPrints, whoPrintsText } from '../report/index.js';
import { formatFor } from './effects.js';
import { UsageError } from './errors.js';
import { checkPython, openOptions } from './opening.js';
import type { ColorMode, ModelFlags } from './options.js';
import { emit, say } from './output.js';
import { requestNotes } from './request-notes.js';
import { renderWide, styleFor } from './style.js';

export interface ReconcileFlags extends ModelFlags {
  readonly as?: readonly string[];
  readonly training?: true;
  readonly format?: 'table' | 'json' | 'md';
  readonly output?: string;
  readonly color: ColorMode;
  readonly quiet?: boolean;
}

/** `opcount reconcile`: what every tool prints and why; with a number, who prints it. */
export async function runReconcile(model: string, number: string | undefined, flags: ReconcileFlags): Promise<number> {
  if (flags.training !== undefined)
    throw new UsageError(
      '--training has no effect here: reconcile explains what tools print of a forward pass',
      'opcount train <model> says what a step costs; twice its MACs forward and backward is what FlopCounterMode prints',
    );
  if (flags.inplace !== undefined)
    throw new UsageError('--inplace has no effect here: reconcile explains counts, not memory', 'leave it out');
  const format = formatFor('reconcile', flags, number === undefined ? ['table', 'json', 'md'] : ['table', 'json']);
  checkPython(flags, [model]);
  const options = openOptions(flags, [model]);
  // Every tool where none is named, and the formulas for language models where it is one.
  const named = flags.as === undefined || flags.as.includes('all') ? null : flags.as.map((id) => conventionOf(id).id);
  const ledger = await read(model, options);
  if (flags.quiet !== true) for (const line of requestNotes(ledger.notes)) say(line);
  const report = reconcileOf(ledger, named === null ? options : { ...options, conventions: named });
  const style = await styleFor(flags.color, flags.output !== undefined);
  if (number !== undefined) {
    const who = whoPrints(report, number);
    emit(format === 'json' ? toJson(who) : await renderWide((s) => whoPrintsText(report, who, s), style), flags.output);
    return 0;
  }
  const text =
    format === 'json'
      ? toJson(report)
      : format === 'md'
        ? reconcileMarkdown(report)
        : await renderWide((s) => reconcileText(report, s), style);
  emit(text, flags.output);
  return 0;
}
