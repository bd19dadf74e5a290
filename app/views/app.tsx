import { useEffect } from 'preact/hooks';
import { linkTrouble } from '../state/link.js';
import { measure } from '../state/measure.js';
import { model, opening, other, start } from '../state/model.js';
import { convention, focus, focusNode, selected, VIEWS, type View, view, zoomTo } from '../state/view.js';
import { STEPS } from '../ui/heat.js';
import { bytes } from '../ui/numbers.js';
import { nextTheme, theme } from '../ui/theme.js';
import { Compare } from './compare.js';
import { Conventions } from './conventions.js';
import { Dimensions } from './dims.js';
import { hovered } from './drawing.js';
import { Figures } from './figures.js';
import { ModuleGraph } from './graph.js';
import { Icicle } from './icicle.js';
import { Gap, Inspector } from './inspector.js';
import { Memory } from './memory.js';
import { FailureBox, FileChoice, Opener, OpenerDialog, openerFor, useDrop } from './opener.js';
import { OpeningBar } from './opening-bar.js';
import { Roofline } from './roofline.js';
import { LayerTable } from './table.js';
import { TakeAway, taking } from './take.js';
import { Treemap } from './treemap.js';

const TITLES: Readonly<Record<View, string>> = {
  treemap: 'Treemap',
  icicle: 'Icicle',
  memory: 'Memory',
  roofline: 'Roofline',
  graph: 'Graph',
  conventions: 'Conventions',
  compare: 'Compare',
};

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

function Model() {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return null;
  const shown = VIEWS.filter((v) => sheet.graph || v === 'treemap' || v === 'icicle' || v === 'compare');
  const now = shown.includes(view.value) ? view.value : 'treemap';
  const wide = now === 'conventions' || now === 'compare';
  return (
    <>
      <Figures />
      <Dimensions />
      <Uncounted />
      <Tabs views={shown} now={now} />
      <div class={`work ${wide ? 'whole' : ''}`}>
        <section class="drawing" role="tabpanel" id="panel" aria-labelledby={`tab-${now}`}>
          {(now === 'treemap' || now === 'icicle' || now === 'graph') && <Crumbs />}
          <Panel view={now} />
          {(now === 'treemap' || now === 'icicle') && sheet.graph && <Legend />}
        </section>
        {!wide && <LayerTable />}
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

function Panel({ view: now }: { readonly view: View }) {
  switch (now) {
    case 'icicle':
      return <Icicle />;
    case 'memory':
      return <Memory />;
    case 'roofline':
      return <Roofline />;
    case 'graph':
      return <ModuleGraph />;
    case 'conventions':
      return <Conventions />;
    case 'compare':
      return <Compare />;
    default:
      return <Treemap />;
  }
}

/** Tabs by the pattern of ARIA: arrows move, one stop for Tab. */
function Tabs({ views, now }: { readonly views: readonly View[]; readonly now: View }) {
  const go = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const next = views[(views.indexOf(now) + by + views.length) % views.length] as View;
    view.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={go}>
      {views.map((v) => (
        <button
          type="button"
          key={v}
          id={`tab-${v}`}
          role="tab"
          aria-selected={v === now}
          {...(v === now ? { 'aria-controls': 'panel' } : {})}
          tabIndex={v === now ? 0 : -1}
          onClick={() => {
            view.value = v;
          }}
        >
          {TITLES[v]}
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
      {path.length === 1 && <span class="quiet hint">double click zooms in</span>}
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

function Legend() {
  return (
    <p class="legend">
      <span>area: {measure.value?.label}</span>
      <span class="ramp">
        moves data
        {Array.from({ length: STEPS }, (_, i) => (
          <i key={i} class={`heat${i}`} />
        ))}
        computes
      </span>
      <span class="quiet">FLOPs a byte, 0.1 to 300</span>
    </p>
  );
}

/** What the numbers leave out, with a place to put it right. */
function Uncounted() {
  const sheet = model.value?.sheet;
  if (sheet === undefined || sheet.coverage.unknown.length === 0) return null;
  const n = sheet.coverage.unknown.reduce((sum, gap) => sum + gap.nodes, 0);
  return (
    <details class="uncounted" open>
      <summary>
        <b>
          Not counted: {n.toLocaleString('en-US')} {n === 1 ? 'operator' : 'operators'}
        </b>{' '}
        ({sheet.coverage.unknown.map((gap) => `${gap.op}${gap.nodes > 1 ? ` ×${gap.nodes}` : ''}`).join(', ')}). The
        numbers above leave them out.
      </summary>
      <div class="gaps">
        {sheet.coverage.unknown.map((gap) => (
          <div key={`${gap.op} ${gap.why}`}>
            <h3>
              {gap.op}
              {gap.nodes > 1 && ` ×${gap.nodes}`}
            </h3>
            <Gap type={gap.op} why={gap.why} op={sheet.ops.find((op) => op.type === gap.op && op.gap !== null)} />
          </div>
        ))}
      </div>
    </details>
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
