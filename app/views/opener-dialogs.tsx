import { useEffect, useRef } from 'preact/hooks';
import { Opener } from './opener.js';
import { choice, openerFor, show } from './opening.js';

/** When several files came and more than one may be the model. */
export function FileChoice() {
  const box = useRef<HTMLDialogElement>(null);
  const now = choice.value;
  useEffect(() => {
    if (now !== null) box.current?.showModal();
    else box.current?.close();
  }, [now]);
  return (
    <dialog
      ref={box}
      class="sheet"
      aria-labelledby="choice-title"
      onClose={() => {
        choice.value = null;
      }}
    >
      <h2 id="choice-title">Which of these is the model?</h2>
      <p class="quiet">The others stay beside it, for weights that it keeps in files of their own.</p>
      <div class="choices">
        {now?.offered.candidates.slice(0, 200).map((path) => (
          <button
            type="button"
            key={path}
            onClick={() => void show({ kind: 'files', files: now.offered.files, main: path }, now.slot)}
          >
            {path}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="plain"
        onClick={() => {
          choice.value = null;
        }}
      >
        None of them
      </button>
    </dialog>
  );
}

/** The same ways to open, over a model that is already there. */
export function OpenerDialog() {
  const box = useRef<HTMLDialogElement>(null);
  const slot = openerFor.value;
  useEffect(() => {
    if (slot !== null) box.current?.showModal();
    else box.current?.close();
  }, [slot]);
  return (
    <dialog
      ref={box}
      class="sheet"
      aria-label={slot === 'b' ? 'Open a model to compare with' : 'Open a model'}
      onClose={() => {
        openerFor.value = null;
      }}
    >
      <header>
        <h2>{slot === 'b' ? 'Compare with' : 'Open'}</h2>
        <button
          type="button"
          class="plain"
          onClick={() => {
            openerFor.value = null;
          }}
        >
          Close
        </button>
      </header>
      {slot !== null && <Opener slot={slot} />}
    </dialog>
  );
}
