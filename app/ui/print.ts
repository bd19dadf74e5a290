import { signal } from '@preact/signals';

/** Whether the page is about to be printed: what is drawn only where somebody scrolls is all there then. */
export const printing = signal(false);

addEventListener('beforeprint', () => {
  printing.value = true;
});
addEventListener('afterprint', () => {
  printing.value = false;
});
