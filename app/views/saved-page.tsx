import { model } from '../state/model.js';
import { nextTheme, theme } from '../ui/theme.js';
import { Model } from './model.js';
import { Patterns, Tip } from './parts/frame.js';
import { Mark } from './parts/mark.js';

/** The frame of a page that was saved as one file. */
export function SavedPage() {
  const sheet = model.value?.sheet;
  return (
    <>
      <header class="top">
        <span class="mark">
          <Mark />
        </span>
        <h1>{sheet?.model.name}</h1>
        <p class="quiet about">{sheet?.model.format}, saved from opcount: counts and shapes, no weights</p>
        <div class="top-tools">
          <button type="button" class="plain theme" onClick={nextTheme} aria-label={`Colours: ${theme.value}. Change`}>
            {theme.value === 'auto' ? '◐' : theme.value === 'light' ? '○' : '●'}
          </button>
        </div>
      </header>
      <main>
        <Model />
      </main>
      <Patterns />
      <Tip />
    </>
  );
}
