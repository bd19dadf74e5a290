import { useEffect, useState } from 'preact/hooks';
import { ask, WorkerFailure } from '../../state/client.js';
import { LONGEST_LINK, linkable, linkOf, linkWithin } from '../../state/link.js';
import { measure } from '../../state/measure.js';
import { bindings, model, rereadable } from '../../state/model.js';
import { cardPaint } from '../../state/paint.js';
import { download, fileStem, type Picture, pngOf, svgOf } from '../../state/picture.js';
import { singleFile } from '../../state/single-file.js';
import { convention, sharing } from '../../state/view.js';
import type { ExportFormat } from '../../worker/protocol.js';
import { Modal, ModalHead } from '../parts/modal.js';
import { sentence } from '../summary/card.js';
import { shareCard } from './share-card.js';

interface Way {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  /** Why it is not there for this model; null where it is. */
  readonly missing?: string | null;
  readonly go: () => Promise<string>;
}

/** Everything that can be taken from the page. Numbers are those at the present sizes. */
export function ShareDialog() {
  const [said, say] = useState('');
  useEffect(() => {
    if (sharing.value) say('');
  }, [sharing.value]);
  const run = async (way: Way): Promise<void> => {
    try {
      say(await way.go());
    } catch (error) {
      say(
        error instanceof WorkerFailure ? error.failure.message : error instanceof Error ? error.message : String(error),
      );
    }
  };
  const close = (): void => {
    sharing.value = false;
  };
  return (
    <Modal open={sharing.value} class="take" aria-label="Share" onClose={close}>
      <ModalHead title="Share" onClose={close} />
      {sharing.value &&
        groups().map(({ title, ways }) => (
          <section key={title}>
            <h3>{title}</h3>
            <ul>
              {ways.map((way) => (
                <li key={way.id}>
                  <button type="button" disabled={way.missing != null} onClick={() => void run(way)}>
                    {way.title}
                  </button>
                  <span>{way.missing ?? way.words}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      <p role="status">{said}</p>
    </Modal>
  );
}

function groups(): { readonly title: string; readonly ways: readonly Way[] }[] {
  const loaded = model.value;
  if (loaded === null) return [];
  const { sheet } = loaded;
  const stem = fileStem(sheet.model.name);
  const unread = rereadable.value ? null : 'needs the model’s own file, which this link does not have';
  const report = (format: ExportFormat, title: string, words: string, missing: string | null = null): Way => ({
    id: format,
    title,
    words,
    missing: missing ?? unread,
    go: async () => {
      const own = new Set(sheet.program.symbols.map(({ name }) => name));
      const bind = Object.fromEntries(Object.entries(bindings.value).filter(([name]) => own.has(name)));
      const conventions = convention.value === 'exact' ? [] : [convention.value];
      const { text, type, extension } = await ask({ kind: 'export', slot: 'a', format, bind, conventions });
      // Not the name of the page in one file.
      const ending = format === 'html' ? 'report.html' : extension;
      return saved(`${stem}.${ending}`, new Blob([text], { type }));
    },
  });
  return [
    {
      title: 'Show it',
      ways: [
        {
          id: 'card',
          title: 'Card (PNG)',
          words: '1200 × 630, as links are shown in posts and chats',
          go: async () => {
            const card = shareCard();
            if (card === null) return 'There is nothing to draw yet.';
            return saved(`${stem}.card.png`, await pngOf(card, 1));
          },
        },
        linkWay(),
        {
          id: 'within',
          title: 'Copy link with the model in it',
          words: 'opens anywhere, also for a file of yours: counts and shapes are in the link, no weights',
          go: async () => {
            const link = await linkWithin();
            return link === null
              ? `The model is too large for a link (over ${LONGEST_LINK.toLocaleString('en-US')} characters). The web page (HTML) holds any model.`
              : copied(link, `The link is copied: ${link.length.toLocaleString('en-US')} characters.`);
          },
        },
        {
          id: 'page',
          title: 'Web page (HTML)',
          words: 'this page in one file, sliders and all, without the weights; it opens offline',
          go: async () => saved(`${stem}.html`, await singleFile(loaded)),
        },
      ],
    },
    {
      title: 'The drawing on show',
      ways: (['svg', 'png'] as const).map((kind) => ({
        id: kind,
        title: kind.toUpperCase(),
        words: kind === 'svg' ? 'sharp at any size' : 'for slides, two pixels to one',
        go: async () => {
          const by = measure.value;
          const { head } = sentence();
          const drawn = svgOf({
            title: sheet.model.name,
            totals: head.slice(sheet.model.name.length).replace(/^(: | )/, ''),
            legend: `by ${by?.label ?? ''}`,
            heat: sheet.graph && cardPaint.value.by === 'intensity',
            parts: cardPaint.value.parts,
          });
          if (drawn === null) return 'This view has no drawing: choose the treemap, icicle, memory, roofline or graph.';
          const blob =
            kind === 'svg' ? new Blob([drawn.text], { type: 'image/svg+xml' }) : await pngOf(drawn as Picture, 2);
          return saved(`${stem}.${drawn.name}.${kind}`, blob);
        },
      })),
    },
    {
      title: 'The numbers',
      ways: [
        report('csv', 'CSV', 'one line for each layer, all digits'),
        report('json', 'JSON', 'everything, with the schema that the documentation describes'),
        report('md', 'Markdown', 'for a pull request or an appendix'),
        report('latex', 'LaTeX', 'a table for a paper'),
        report('html', 'Report (HTML)', 'a table that stands alone, without a script'),
        report(
          'netron',
          'For Netron (JSON)',
          'drop it on the model in Netron: its nodes show what they cost',
          netronMissing(loaded.origin.kind, sheet.graph),
        ),
      ],
    },
  ];
}

/** Netron shows costs at the nodes of a file; a built-in model has no file that it could be shown beside. */
function netronMissing(kind: string, graph: boolean): string | null {
  if (!graph) return 'this file has no graph';
  return kind === 'builtin' ? 'a built-in model has no file to open in Netron' : null;
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
