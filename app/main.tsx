// The page. In: a model that is dropped, picked or linked to. Out: the same report as the command's, drawn. worker/ reads the model
// and keeps its ledger; state/ holds what was asked and answered, as signals; views/ draw it, a folder for each view; ui/ has
// numbers, text and axes; python/ is the frame in which Python runs. Imports go this way alone: ui, worker, state, views.
// Add: a view as a folder in views/ and a line in views/registry.ts; what it computes belongs into the package.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { warmUp } from './state/client.js';
import { ownDevices, roofline } from './state/devices.js';
import { followHistory } from './state/history.js';
import { following, followLink } from './state/link.js';
import type { Lists } from './state/lists.js';
import { bindings, model, other, start } from './state/model.js';
import { filter, grain, sort } from './state/table.js';
import { refreshBound, refreshConvention } from './state/tool-counts.js';
import { convention, focus, measureId, selected, view } from './state/view.js';
import { connectWorker } from './state/worker.js';
import './style.css';
import { applyTheme } from './ui/theme.js';
import { App } from './views/app.js';
import { tabs } from './views/parts/tabs.js';
import { VIEWS } from './views/registry.js';

/** Put in by the build. */
declare const OPCOUNT_LISTS: Lists;

effect(applyTheme);

connectWorker();
tabs.value = VIEWS;
const viewIds = VIEWS.map(({ id }) => id);

// A convention is asked again when the model or the choice changes; one that is bound, also when a size does.
effect(() => {
  void model.value;
  void convention.value;
  void refreshConvention('a');
});
effect(() => {
  void other.value;
  void convention.value;
  void refreshConvention('b');
});
let rest: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  void bindings.value;
  clearTimeout(rest);
  rest = setTimeout(refreshBound, 120);
});

render(<App />, document.getElementById('page') as HTMLElement);

const follow = (hash: string): Promise<void> => followLink(hash, viewIds);
followHistory(() => {
  void [model, other, bindings, convention, view, measureId, focus, selected, roofline, ownDevices].map((s) => s.value);
  void [filter, grain, sort].map((s) => s.value);
}, follow);

start.value = OPCOUNT_LISTS;
setTimeout(warmUp, 60); // after the first paint
await follow(location.hash);
following.value = false;
