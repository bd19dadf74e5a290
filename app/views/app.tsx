import { batch } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { openExample } from '../state/example.js';
import { linkTrouble } from '../state/link.js';
import { example, model, opening, other, rereadable, start } from '../state/model.js';
import { convention, sharing } from '../state/view.js';
import { bytes } from '../ui/numbers.js';
import { nextTheme, theme } from '../ui/theme.js';
import { FailureBox } from './open/failure-box.js';
import { Opener } from './open/opener.js';
import { FileChoice, OpenerDialog } from './open/opener-dialogs.js';
import { openerFor, useDrop } from './open/opening.js';
import { OpeningBar } from './open/opening-bar.js';
import { Patterns, Tip } from './parts/frame.js';
import { Mark } from './parts/mark.js';
import { later } from './parts/view.js';
import { Card } from './summary/card.js';
import { Dimensions } from './summary/dims.js';

const loadModel = async () => (await import('./model.js')).Model;
const Model = later(loadModel, '');
const ShareDialog = later(async () => (await import('./share/share.js')).ShareDialog, '');

/** `/` goes to the search of layers, as on many pages. */
function useSearchKey(): void {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const typing = (event.target as Element | null)?.closest?.('input, textarea, select, [contenteditable]') != null;
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const field = document.querySelector<HTMLInputElement>('.ledger input.filter');
      if (field === null) return;
      event.preventDefault();
      field.focus();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
}

export function App() {
  useSearchKey();
  const over = useDrop();
  const loaded = example.value ? null : model.value;
  const [shared, share] = useState(false);
  if (sharing.value && !shared) share(true);
  // What shows a model is fetched while it is read.
  if (opening.value !== null) void loadModel();
  useEffect(() => {
    document.title = loaded === null ? 'opcount' : `${loaded.sheet.model.name} · opcount`;
  }, [loaded]);
  return (
    <>
      <Top />
      <OpeningBar />
      <FailureBox />
      <LinkTrouble />
      <main aria-busy={opening.value !== null}>{loaded === null ? <Welcome /> : <Model />}</main>
      {over && (
        <div class="over" aria-hidden="true">
          <p>Drop to open</p>
        </div>
      )}
      <FileChoice />
      <OpenerDialog />
      {shared && <ShareDialog />}
      <Patterns />
      <Tip />
    </>
  );
}

/** What of a link could not be read, beside what it opened all the same. */
function LinkTrouble() {
  if (linkTrouble.value.length === 0) return null;
  return (
    <div class="failure" role="alert">
      <p>This link is broken: {linkTrouble.value.join('; ')}.</p>
      <p class="remedy">
        What could be read of it is shown. Ask for the link again, or open the model here and copy a new one.
      </p>
      <p>
        <button
          type="button"
          onClick={() => {
            linkTrouble.value = [];
          }}
        >
          Close
        </button>
      </p>
    </div>
  );
}

function Top() {
  const sheet = example.value ? undefined : model.value?.sheet;
  return (
    <header class="top">
      <button
        type="button"
        class="mark"
        onClick={() => {
          openerFor.value = null;
          batch(() => {
            model.value = null;
            other.value = null;
            example.value = false;
          });
        }}
        aria-label="opcount, to the start"
      >
        <Mark />
      </button>
      {sheet !== undefined && (
        <>
          <h1>{sheet.model.name}</h1>
          <p class="quiet about">
            {sheet.model.format}
            {sheet.model.producer !== null && `, ${sheet.model.producer}`}
            {sheet.model.bytes !== null &&
              sheet.model.bytesRead !== null &&
              `, ${bytes(sheet.model.bytesRead)} of ${bytes(sheet.model.bytes)} read`}
          </p>
        </>
      )}
      <div class="top-tools">
        {sheet?.graph && rereadable.value && (
          <label class="convention">
            <span class="quiet">as</span>
            <select
              aria-label="Convention: whose numbers are shown"
              value={convention.value}
              onChange={(event) => {
                convention.value = event.currentTarget.value;
              }}
            >
              {(start.value?.conventions ?? []).map((c) => (
                <option key={c.id} value={c.id}>
                  {c.id}
                </option>
              ))}
            </select>
          </label>
        )}
        {sheet !== undefined && (
          <button
            type="button"
            onClick={() => {
              sharing.value = true;
            }}
          >
            Share
          </button>
        )}
        {sheet !== undefined && (
          <button
            type="button"
            onClick={() => {
              openerFor.value = 'a';
            }}
          >
            Open
          </button>
        )}
        <button
          type="button"
          class="plain theme"
          onClick={nextTheme}
          aria-label={`Colours: ${theme.value}. Change`}
          title={`Colours: ${theme.value}`}
        >
          {theme.value === 'auto' ? '◐' : theme.value === 'light' ? '○' : '●'}
        </button>
      </div>
    </header>
  );
}

function Welcome() {
  useEffect(() => {
    if (start.value === null || location.hash.length > 1) return;
    void openExample();
  }, [start.value]);
  return (
    <div class="welcome">
      <h1 class="lede">
        What a neural network costs, read from the model itself.{' '}
        <span>MACs, FLOPs, parameters, memory: where they go, layer by layer, at any size.</span>
      </h1>
      <Opener slot="a" />
      {example.value && (
        <section class="example" aria-label="An example">
          <header>
            <h2>An example, live</h2>
            <button
              type="button"
              class="plain"
              onClick={() => {
                example.value = false;
                scrollTo({ top: 0 });
              }}
            >
              Open it with all its views
            </button>
          </header>
          <Card />
          <Dimensions />
        </section>
      )}
    </div>
  );
}
