import { batch } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { example, model, other, rereadable, start } from '../state/model.js';
import { stopOpening } from '../state/openings.js';
import { convention, sharing } from '../state/view.js';
import { bytes } from '../ui/numbers.js';
import { nextTheme, theme } from '../ui/theme.js';
import { openerFor } from './open/opening.js';
import { Mark } from './parts/mark.js';

/** The bar above everything: the way to the start, the model on show, and what can be done with it. */
export function Top() {
  const sheet = example.value ? undefined : model.value?.sheet;
  return (
    <header class="top">
      <button type="button" class="mark" onClick={toStart} aria-label="opcount, to the start">
        <Mark />
      </button>
      {sheet !== undefined && <About model={sheet.model} />}
      <div class="top-tools">
        {sheet?.graph && rereadable.value && <ConventionChoice />}
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
        <ThemeButton />
      </div>
    </header>
  );
}

function toStart(): void {
  openerFor.value = null;
  batch(() => {
    stopOpening();
    model.value = null;
    other.value = null;
    example.value = false;
  });
}

/** The model's name, and how much of its file was read. */
function About({ model: { name, format, producer, bytes: size, bytesRead } }: Pick<PageModel, 'model'>) {
  return (
    <>
      <h1>{name}</h1>
      <p class="quiet about">
        {format}
        {producer !== null && `, ${producer}`}
        {size !== null && bytesRead !== null && `, ${bytes(bytesRead)} of ${bytes(size)} read`}
      </p>
    </>
  );
}

function ConventionChoice() {
  return (
    <label class="convention">
      <span class="quiet">as</span>
      <select
        aria-label="Convention: the tool whose numbers are shown"
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
  );
}

function ThemeButton() {
  return (
    <button
      type="button"
      class="plain theme"
      onClick={nextTheme}
      aria-label={`Colours: ${theme.value}. Change`}
      title={`Colours: ${theme.value}`}
    >
      {theme.value === 'auto' ? '◐' : theme.value === 'light' ? '○' : '●'}
    </button>
  );
}
