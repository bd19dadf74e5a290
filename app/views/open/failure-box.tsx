import { example, model } from '../../state/model.js';
import { failure } from '../../state/openings.js';
import { asSentence } from '../../ui/text.js';
import { needsTelling } from './needs-telling.js';
import { show } from './opening.js';
import { Settle } from './settle.js';

/** The model that could not be opened, and why. Where only an input shape or the like is missing, it asks for that. */
export function FailureBox() {
  const failed = failure.value;
  if (failed === null) return null;
  const { failure: why } = failed;
  const asks = needsTelling(failed.origin, why);
  const close = (
    <button
      type="button"
      class="plain"
      onClick={() => {
        failure.value = null;
      }}
    >
      {asks ? 'Not now' : 'Dismiss'}
    </button>
  );
  if (asks)
    return (
      <section class="question" aria-label="What the model is built from">
        <h2>{failed.name}: what should it be run on?</h2>
        <Told message={why.message} />
        {why.place.length > 0 && <p class="quiet">{why.place.join(', ')}</p>}
        <Settle
          key={failed.name}
          origin={failed.origin}
          slot={failed.slot}
          hint={why.hint ?? ''}
          open={(origin, slot, inputs) => void show(origin, slot, inputs)}
        />
        {close}
      </section>
    );
  const remedy = withoutCommands(why.hint ?? '');
  return (
    <div class="failure" role="alert">
      <h2>{failed.name} could not be opened</h2>
      <Told message={why.message} />
      {(why.place.length > 0 || why.format !== null) && (
        <p class="quiet">at {[...(why.format === null ? [] : [why.format]), ...why.place].join(', ')}</p>
      )}
      {remedy !== '' && <p class="remedy">{asSentence(remedy)}</p>}
      {model.value !== null && !example.value && (
        <p class="quiet">The model that was open before is still shown below.</p>
      )}
      {close}
    </div>
  );
}

/** A hint, but for what it says of the command line, which visitors of a page may not have. */
function withoutCommands(hint: string): string {
  return hint
    .split('; ')
    .filter((clause) => !/`opcount |(^|\s)--[a-z]/.test(clause))
    .join('; ');
}

/** The error in a line; of a program also its traceback. */
function Told({ message }: { readonly message: string }) {
  const [first = '', ...way] = message.split('\n');
  return (
    <>
      <p>{asSentence(first)}</p>
      {way.length > 0 && (
        <details class="way">
          <summary>Where in the program</summary>
          <pre>{way.join('\n')}</pre>
        </details>
      )}
    </>
  );
}
