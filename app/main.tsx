import { effect } from '@preact/signals';
import { render } from 'preact';
import { ask } from './state/client.js';
import { ownDevices, roofline } from './state/devices.js';
import { followLink, linkable, linkOf } from './state/link.js';
import { refreshConvention, shownConvention } from './state/measure.js';
import { bindings, model, other, start } from './state/model.js';
import { convention, focus, measureId, selected, view } from './state/view.js';
import './style.css';
import { applyTheme } from './ui/theme.js';
import { App } from './views/app.js';
import { VIEWS } from './views/registry.js';

effect(applyTheme);

const viewIds = VIEWS.map(({ id }) => id);

// A convention is asked again when the model or the choice changes; one that is bound, also when a size does.
effect(() => {
  void model.value;
  void convention.value;
  void refreshConvention();
});
let rest: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  void bindings.value;
  clearTimeout(rest);
  if (shownConvention.peek()?.bound) rest = setTimeout(refreshConvention, 120);
});

render(<App />, document.getElementById('page') as HTMLElement);

// The address follows what is shown, without a step in the browser's history for each move of a slider.
let written = '';
let later: ReturnType<typeof setTimeout> | undefined;
const follow = async (): Promise<void> => {
  const link = await linkOf();
  if (link === location.href || !linkable()) return;
  written = link;
  history.replaceState(null, '', link);
};
effect(() => {
  void [
    model.value,
    other.value,
    bindings.value,
    convention.value,
    view.value,
    measureId.value,
    focus.value,
    selected.value,
    roofline.value,
    ownDevices.value,
  ];
  clearTimeout(later);
  later = setTimeout(follow, 250);
});
addEventListener('hashchange', () => {
  if (location.href !== written) void followLink(location.hash, viewIds);
});

start.value = await ask({ kind: 'start' });
await followLink(location.hash, viewIds);
