import type { Signal } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { measure } from '../state/measure.js';
import { model } from '../state/model.js';
import { paint } from '../state/paint.js';
import { focus, focusNode, selected, view, zoomTo } from '../state/view.js';
import { Uncounted } from './gaps/uncounted.js';
import { Inspector } from './layers/inspector.js';
import { LayerTable } from './layers/table.js';
import { Legend } from './parts/legend.js';
import { tabsOf, viewOf } from './parts/tabs.js';
import { Tickbox } from './parts/tickbox.js';
import type { ViewEntry } from './parts/view.js';
import { Card } from './summary/card.js';
import { Dimensions } from './summary/dims.js';
import { MeasureFormula } from './summary/measure-formula.js';

/** A model that is open: its numbers, its sizes, and the views of it. */
export function Model() {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return null;
  const now = viewOf(view.value, sheet);
  const wide = now.room === 'page';
  return (
    <>
      <Card />
      <MeasureFormula />
      <Dimensions />
      <Uncounted />
      <Tabs sheet={sheet} now={now.id} />
      <div class={`work ${wide ? 'whole' : now.room}`}>
        <section class="drawing" role="tabpanel" id="panel" aria-labelledby={`tab-${now.id}`}>
          {now.zooms !== undefined && <Crumbs />}
          <now.Panel key={now.id} />
          {now.folds !== undefined && (sheet.graph || paint.value.by === 'part') && (
            <DrawingLegend size={now.size} folds={now.folds} />
          )}
        </section>
        {now.room === 'drawing' && <LayerTable />}
        {!wide && <Inspector />}
      </div>
      {sheet.notes.length > 0 && (
        <section class="notes" aria-label="Notes">
          {sheet.notes.map((note) => (
            <p key={note.message}>{note.message}</p>
          ))}
        </section>
      )}
    </>
  );
}

/** Tabs by the pattern of ARIA: arrows move, one stop for Tab. */
function Tabs({ sheet, now }: { readonly sheet: PageModel; readonly now: string }) {
  const views = tabsOf(sheet);
  const go = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const at = views.findIndex(({ id }) => id === now);
    const next = (views[(at + by + views.length) % views.length] as ViewEntry).id;
    view.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={go}>
      {views.map(({ id, title }) => (
        <button
          type="button"
          key={id}
          id={`tab-${id}`}
          role="tab"
          aria-selected={id === now}
          {...(id === now ? { 'aria-controls': 'panel' } : {})}
          tabIndex={id === now ? 0 : -1}
          onClick={() => {
            view.value = id;
          }}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

/** The modules from the model down to the one that is shown. */
function Crumbs() {
  const nodes = model.value?.sheet.nodes ?? [];
  const path: number[] = [];
  for (let at = focusNode.value?.id ?? 0; at >= 0; at = nodes[at]?.parent ?? -1) path.unshift(at);
  return (
    <nav class="crumbs" aria-label="Zoomed to">
      {path.map((id, i) => (
        <span key={id}>
          {i > 0 && <i aria-hidden="true">›</i>}
          {i === path.length - 1 ? (
            <b aria-current="location">{nodes[id]?.name || model.value?.sheet.model.name}</b>
          ) : (
            <button type="button" class="plain" onClick={() => zoomTo(id)}>
              {nodes[id]?.name || model.value?.sheet.model.name}
            </button>
          )}
        </span>
      ))}
      {path.length === 1 && <span class="quiet hint">click for the formula, double click to zoom in</span>}
      {selected.value !== null &&
        selected.value !== focus.value &&
        (nodes[selected.value]?.children.length ?? 0) > 0 && (
          <button type="button" class="plain" onClick={() => zoomTo(selected.value as number)}>
            zoom to {nodes[selected.value]?.name}
          </button>
        )}
    </nav>
  );
}

interface DrawingLegendProps {
  /** Which side of a part stands for the count. */
  readonly size: string | undefined;
  readonly folds: Signal<boolean>;
}

function DrawingLegend({ size, folds }: DrawingLegendProps) {
  return (
    <Legend
      paint={paint.value}
      other="part"
      graph={model.value?.sheet.graph ?? false}
      first={
        <span>
          {size}: {measure.value?.label}
        </span>
      }
    >
      <Tickbox
        on={folds.value}
        onTurn={(on) => {
          folds.value = on;
        }}
      >
        equal modules as one
      </Tickbox>
    </Legend>
  );
}
