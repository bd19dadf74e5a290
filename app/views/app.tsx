import { useEffect } from 'preact/hooks';
import { linkTrouble } from '../state/link.js';
import { model, opening, other, start } from '../state/model.js';
import { convention } from '../state/view.js';
import { bytes } from '../ui/numbers.js';
import { nextTheme, theme } from '../ui/theme.js';
import { hovered } from './drawing.js';
import { Model } from './model.js';
import { FailureBox, FileChoice, Opener, OpenerDialog, openerFor, useDrop } from './opener.js';
import { OpeningBar } from './opening-bar.js';
import { TakeAway, taking } from './take.js';

export function App() {
  const over = useDrop();
  const loaded = model.value;
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
      <TakeAway />
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
      <p class="remedy">The rest of it is shown. Ask for the link again, or set it here and copy a new one.</p>
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
  const sheet = model.value?.sheet;
  return (
    <header class="top">
      <button
        type="button"
        class="mark"
        onClick={() => {
          openerFor.value = null;
          model.value = null;
          other.value = null;
          history.replaceState(null, '', location.pathname);
        }}
        aria-label="opcount, to the start"
      >
        <svg viewBox="0 0 32 32" width="18" height="18" aria-hidden="true">
          <path class="m1" d="M2 2h17v28H2z" />
          <path class="m2" d="M21 2h9v17h-9z" />
          <path class="m3" d="M21 21h9v9h-9z" />
        </svg>
        <span>opcount</span>
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
        {sheet?.graph && (
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
              taking.value = true;
            }}
          >
            Take away
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
  return (
    <div class="welcome">
      <p class="lede">
        What a neural network costs, read from the model itself.{' '}
        <span>MACs, FLOPs, parameters, memory: where they go, layer by layer, at any size.</span>
      </p>
      <Opener slot="a" />
    </div>
  );
}

/** What every drawing may refer to. */
function Patterns() {
  return (
    <svg class="unseen" aria-hidden="true" width="0" height="0">
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-line" width="2" height="7" />
        </pattern>
      </defs>
    </svg>
  );
}

function Tip() {
  const at = hovered.value;
  if (at === null) return null;
  const left = at.x > innerWidth - 300 ? { right: `${innerWidth - at.x + 12}px` } : { left: `${at.x + 14}px` };
  const top = at.y > innerHeight - 140 ? { bottom: `${innerHeight - at.y + 12}px` } : { top: `${at.y + 14}px` };
  return (
    <div class="tip" aria-hidden="true" style={{ ...left, ...top }}>
      {at.text}
    </div>
  );
}
