import type { ComponentChildren } from 'preact';
import { example } from '../../state/model.js';
import { view } from '../../state/view.js';

/** Words of the card that lead to a tab; the example then is a model like any other, with all its tabs. */
export function ToView({ id, children }: { readonly id: string; readonly children: ComponentChildren }) {
  return (
    <button
      type="button"
      class="plain"
      onClick={() => {
        example.value = false;
        view.value = id;
      }}
    >
      {children}
    </button>
  );
}
