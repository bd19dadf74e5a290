import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, WorkerFailure } from '../state/client.js';
import { linkable, linkOf } from '../state/link.js';
import { bindings, model } from '../state/model.js';
import { download, fileStem, pngOf, svgOf } from '../state/picture.js';
import { convention } from '../state/view.js';
import type { ExportFormat } from '../worker/protocol.js';

export const taking = signal(false);

const REPORTS: readonly { readonly format: ExportFormat; readonly title: string; readonly words: string }[] = [
  { format: 'html', title: 'Report (HTML)', words: 'one page that stands alone: no script, no request' },
  { format: 'md', title: 'Markdown', words: 'for a pull request or an appendix' },
  { format: 'csv', title: 'CSV', words: 'a line a layer, all digits' },
  { format: 'json', title: 'JSON', words: 'everything, as `opcount --format json` gives it' },
  { format: 'netron', title: 'For Netron (JSON)', words: 'drop it on the model in Netron: each node shows its costs' },
];

/** Everything that can be taken from the page. Numbers are those at the present sizes. */
export function TakeAway() {
  const box = useRef<HTMLDialogElement>(null);
  const [said, say] = useState('');
  useEffect(() => {
    if (taking.value) {
      say('');
      box.current?.showModal();
    } else box.current?.close();
  }, [taking.value]);
  const sheet = model.value?.sheet;
  const stem = fileStem(sheet?.model.name ?? '');
  const report = async (format: ExportFormat): Promise<void> => {
    try {
      const own = new Set(sheet?.program.symbols.map(({ name }) => name));
      const bind = Object.fromEntries(Object.entries(bindings.value).filter(([name]) => own.has(name)));
      const conventions = convention.value === 'exact' ? [] : [convention.value];
      const { text, type, extension } = await ask({ kind: 'export', slot: 'a', format, bind, conventions });
      download(`${stem}.${extension}`, new Blob([text], { type }));
      say(`${stem}.${extension} is saved.`);
    } catch (error) {
      say(error instanceof WorkerFailure ? error.failure.message : String(error));
    }
  };
  const picture = async (kind: 'svg' | 'png'): Promise<void> => {
    const drawn = kind === 'svg' ? svgOf() : await pngOf();
    if (drawn === null) {
      say('This view has no drawing; the treemap, icicle, memory, roofline and graph have.');
      return;
    }
    const blob = 'blob' in drawn ? drawn.blob : new Blob([drawn.text], { type: 'image/svg+xml' });
    download(`${stem}.${drawn.name}.${kind}`, blob);
    say(`${stem}.${drawn.name}.${kind} is saved.`);
  };
  const link = async (): Promise<void> => {
    const text = await linkOf();
    try {
      await navigator.clipboard.writeText(text);
      say('The link is copied: model, sizes, convention and view.');
    } catch {
      say(text); // no clipboard here: to be copied by hand
    }
  };
  return (
    <dialog
      ref={box}
      class="sheet take"
      aria-label="Take away"
      onClose={() => {
        taking.value = false;
      }}
    >
      <header>
        <h2>Take away</h2>
        <button
          type="button"
          class="plain"
          onClick={() => {
            taking.value = false;
          }}
        >
          Close
        </button>
      </header>
      {sheet !== undefined && (
        <ul>
          <li>
            <button type="button" disabled={!linkable()} onClick={link}>
              Copy link
            </button>
            <span>
              {linkable()
                ? 'opens this model at these sizes, in this view'
                : 'a file on your machine has no link: it was not uploaded. Save a report instead.'}
            </span>
          </li>
          {REPORTS.map(({ format, title, words }) => (
            <li key={format}>
              <button type="button" disabled={format === 'netron' && !sheet.graph} onClick={() => report(format)}>
                {title}
              </button>
              <span>{words}</span>
            </li>
          ))}
          {(['svg', 'png'] as const).map((kind) => (
            <li key={kind}>
              <button type="button" onClick={() => picture(kind)}>
                Drawing ({kind.toUpperCase()})
              </button>
              <span>{kind === 'svg' ? 'sharp at any size' : 'for slides, two pixels to one'}</span>
            </li>
          ))}
        </ul>
      )}
      <p role="status">{said}</p>
    </dialog>
  );
}
