import { useEffect, useState } from 'preact/hooks';
import { linkTrouble } from '../state/link.js';
import { example, model } from '../state/model.js';
import { openings } from '../state/openings.js';
import { sharing } from '../state/view.js';
import { FailureBox } from './open/failure-box.js';
import { FileChoice, OpenerDialog } from './open/opener-dialogs.js';
import { useDrop } from './open/opening.js';
import { OpeningBars } from './open/opening-bar.js';
import { Patterns, Tip } from './parts/frame.js';
import { later } from './parts/view.js';
import { Top } from './top.js';
import { Welcome } from './welcome.js';

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
  // The code that shows a model is fetched while the model is read.
  const opens = openings.value.length > 0;
  if (opens) loadModel().catch(() => {}); // said where it is shown
  useEffect(() => {
    document.title = loaded === null ? 'opcount' : `${loaded.sheet.model.name} · opcount`;
  }, [loaded]);
  return (
    <>
      <Top />
      <OpeningBars />
      <FailureBox />
      <LinkTrouble />
      <main aria-busy={opens}>{loaded === null ? <Welcome /> : <Model />}</main>
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

/** The parts of a link that could not be read, above what it opened nevertheless. */
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
