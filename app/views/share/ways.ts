// Everything that can be taken from the page. In: the model on show. Out: files that are saved, texts that are copied.
// Add: a way to its group in `waysToShare`; formats of reports are the worker's (worker/export.ts).
import { ask } from '../../state/client.js';
import { LONGEST_LINK, linkable, linkOf, linkWithin } from '../../state/link.js';
import { measure } from '../../state/measure.js';
import { bindings, type Loaded, model, rereadable } from '../../state/model.js';
import { cardPaint } from '../../state/paint.js';
import { download, fileStem, type Picture, pngOf, svgOf } from '../../state/picture.js';
import { singleFile } from '../../state/single-file.js';
import { convention } from '../../state/view.js';
import type { ExportFormat } from '../../worker/protocol.js';
import { sentence } from '../summary/card.js';
import { shareCard } from './share-card.js';

/** One thing that can be taken from the page: a file that is saved, or a text that is copied. */
export interface Way {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  /** Why it is not there for this model; null where it is. */
  readonly missing?: string | null;
  /** Does it, and gives what is then said. */
  readonly go: () => Promise<string>;
}

interface Group {
  readonly title: string;
  readonly ways: readonly Way[];
}

/** Everything that can be taken from the page, of the model on show. */
export function waysToShare(): readonly Group[] {
  const loaded = model.value;
  if (loaded === null) return [];
  return [
    { title: 'Show it', ways: [cardWay(loaded), linkWay(), linkWithinWay(), pageWay(loaded)] },
    { title: 'The drawing on show', ways: [drawingWay(loaded, 'svg'), drawingWay(loaded, 'png')] },
    { title: 'The numbers', ways: reportWays(loaded) },
  ];
}

function stemOf({ sheet }: Loaded): string {
  return fileStem(sheet.model.name);
}

function cardWay(loaded: Loaded): Way {
  return {
    id: 'card',
    title: 'Card (PNG)',
    words: '1200 × 630, as links are shown in posts and chats',
    go: async () => {
      const card = shareCard();
      if (card === null) return 'There is nothing to draw yet.';
      return saved(`${stemOf(loaded)}.card.png`, await pngOf(card, 1));
    },
  };
}

function linkWay(): Way {
  return {
    id: 'link',
    title: 'Copy link',
    words: 'opens this model at these sizes, in this view',
    missing: linkable() ? null : 'this file is on your machine alone: its address would open for nobody else',
    go: async () => copied(await linkOf(), 'The link is copied: model, sizes, convention and view.'),
  };
}

function linkWithinWay(): Way {
  return {
    id: 'within',
    title: 'Copy link with the model in it',
    words: 'opens anywhere, also for a file of yours: counts and shapes are in the link, no weights',
    go: async () => {
      const link = await linkWithin();
      return link === null
        ? `The model is too large for a link (over ${LONGEST_LINK.toLocaleString('en-US')} characters). The web page (HTML) holds any model.`
        : copied(link, `The link is copied: ${link.length.toLocaleString('en-US')} characters.`);
    },
  };
}

function pageWay(loaded: Loaded): Way {
  return {
    id: 'page',
    title: 'Web page (HTML)',
    words: 'this page in one file, sliders and all, without the weights; it opens offline',
    go: async () => saved(`${stemOf(loaded)}.html`, await singleFile(loaded)),
  };
}

function drawingWay(loaded: Loaded, kind: 'svg' | 'png'): Way {
  return {
    id: kind,
    title: kind.toUpperCase(),
    words: kind === 'svg' ? 'sharp at any size' : 'for slides, two pixels to one',
    go: async () => {
      const drawn = drawingOf(loaded);
      if (drawn === null) return 'This view has no drawing: choose the treemap, icicle, memory, roofline or graph.';
      const blob =
        kind === 'svg' ? new Blob([drawn.text], { type: 'image/svg+xml' }) : await pngOf(drawn as Picture, 2);
      return saved(`${stemOf(loaded)}.${drawn.name}.${kind}`, blob);
    },
  };
}

/** The drawing in sight with the model's name and totals above it, and its legend below. */
function drawingOf({ sheet }: Loaded): ReturnType<typeof svgOf> {
  const { name } = sheet.model;
  return svgOf({
    title: name,
    totals: sentence()
      .head.slice(name.length)
      .replace(/^(: | )/, ''),
    legend: `by ${measure.value?.label ?? ''}`,
    heat: sheet.graph && cardPaint.value.by === 'intensity',
    parts: cardPaint.value.parts,
  });
}

function reportWays(loaded: Loaded): Way[] {
  const unread = rereadable.value ? null : 'needs the model’s own file, which this link does not have';
  const report = (id: ExportFormat, title: string, words: string, missing = unread): Way => ({
    id,
    title,
    words,
    missing,
    go: () => saveReport(loaded, id),
  });
  const { graph } = loaded.sheet;
  return [
    report('csv', 'CSV', 'one line for each layer, all digits'),
    report('json', 'JSON', 'everything, with the schema that the documentation describes'),
    report('md', 'Markdown', 'for a pull request or an appendix'),
    report('latex', 'LaTeX', 'a table for a paper'),
    report('html', 'Report (HTML)', 'a table that stands alone, without a script'),
    report(
      'netron',
      'For Netron (JSON)',
      'drop it on the model in Netron: its nodes show what they cost',
      netronMissing(loaded.origin.kind, graph) ?? unread,
    ),
  ];
}

/** A report at the present sizes, with the numbers of the chosen tool beside opcount's own. */
async function saveReport(loaded: Loaded, format: ExportFormat): Promise<string> {
  const own = new Set(loaded.sheet.program.symbols.map(({ name }) => name));
  const bind = Object.fromEntries(Object.entries(bindings.value).filter(([name]) => own.has(name)));
  const conventions = convention.value === 'exact' ? [] : [convention.value];
  const { text, type, extension } = await ask({ kind: 'export', slot: 'a', format, bind, conventions });
  // Not the name of the page in one file.
  const ending = format === 'html' ? 'report.html' : extension;
  return saved(`${stemOf(loaded)}.${ending}`, new Blob([text], { type }));
}

/** Netron shows costs at the nodes of a file; a built-in model has no file that it could be shown beside. */
function netronMissing(kind: string, graph: boolean): string | null {
  if (!graph) return 'this file has no graph';
  return kind === 'builtin' ? 'a built-in model has no file to open in Netron' : null;
}

function saved(name: string, blob: Blob): string {
  download(name, blob);
  return `${name} is saved.`;
}

async function copied(text: string, said: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return said;
  } catch {
    return text; // no clipboard here: to be copied by hand
  }
}
