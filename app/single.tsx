import { effect } from '@preact/signals';
import { render } from 'preact';
import { connect } from './state/client.js';
import { unpacked } from './state/pack.js';
import { showSaved } from './state/saved.js';
import './style.css';
import { applyTheme } from './ui/theme.js';
import { tabs } from './views/parts/tabs.js';
import { SavedPage } from './views/saved-page.js';
import { SINGLE_VIEWS } from './views/single-views.js';
import { layout } from './worker/layout.js';
import type { Request } from './worker/protocol.js';

/** A page that was saved as one file: all that can be drawn of a model whose counts are in it, without a request. */
effect(applyTheme);
tabs.value = SINGLE_VIEWS;

// Graphs are laid out here; whatever else the worker does needs the model itself.
connect(() => {
  const channel = new MessageChannel();
  channel.port2.onmessage = ({ data }: MessageEvent<{ id: number; request: Request }>) => {
    const { id, request } = data;
    if (request.kind === 'graph')
      channel.port2.postMessage({ id, ok: true, value: layout(request.nodes, request.edges) });
    else
      channel.port2.postMessage({
        id,
        ok: false,
        failure: { message: 'This file has no model to read.', format: null, place: [], hint: null, again: false },
      });
  };
  channel.port1.start();
  return Object.assign(channel.port1, { terminate: () => channel.port1.close() }) as unknown as Worker;
});

/** No model that a page saves is longer, unpacked. */
const MOST = 2 ** 30;

const root = document.getElementById('page') as HTMLElement;
const text = await unpacked(document.getElementById('model')?.textContent?.trim() ?? '', MOST);
let readable = true;
try {
  showSaved(JSON.parse(text ?? ''));
} catch {
  readable = false;
}
if (readable) render(<SavedPage />, root);
else root.textContent = 'The model in this file cannot be read. Save it again.';
