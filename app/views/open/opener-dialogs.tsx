import { shown } from 'opcount';
import { Modal, ModalHead } from '../parts/modal.js';
import { Opener } from './opener.js';
import { choice, openerFor, show } from './opening.js';

/** When several files came and more than one may be the model. */
export function FileChoice() {
  const now = choice.value;
  const close = (): void => {
    choice.value = null;
  };
  return (
    <Modal open={now !== null} aria-labelledby="choice-title" onClose={close}>
      <h2 id="choice-title">Which of these is the model?</h2>
      <p class="quiet">The others stay with it, in case it keeps its weights in them.</p>
      <div class="choices">
        {now?.offered.candidates.slice(0, 200).map((path) => (
          <button
            type="button"
            key={path}
            onClick={() => void show({ kind: 'files', files: now.offered.files, main: path }, now.slot)}
          >
            {shown(path)}
          </button>
        ))}
      </div>
      <button type="button" class="plain" onClick={close}>
        None of them
      </button>
    </Modal>
  );
}

/** The same ways to open, over a model that is already there. */
export function OpenerDialog() {
  const slot = openerFor.value;
  const close = (): void => {
    openerFor.value = null;
  };
  return (
    <Modal
      open={slot !== null}
      aria-label={slot === 'b' ? 'Open a model to compare with' : 'Open a model'}
      onClose={close}
    >
      <ModalHead title={slot === 'b' ? 'Compare with' : 'Open'} onClose={close} />
      {slot !== null && <Opener slot={slot} />}
    </Modal>
  );
}
