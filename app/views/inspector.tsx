import { shown } from 'opcount';
import { checkedFormulas } from 'opcount/ledger';
import { useState } from 'preact/hooks';
import type { NodeSheet, OpSheet, TensorSheet } from '../sheet.js';
import { measure, toolCounts } from '../state/measure.js';
import { bindings, model, reopen, rereadable, valueAt } from '../state/model.js';
import { download } from '../state/picture.js';
import { select, selectedNode, selectedOp, view, zoomTo } from '../state/view.js';
import { intensities } from '../ui/heat.js';
import { amount, bytes, count, digits, formula, percent, ratio, shape } from '../ui/numbers.js';

/** Operators that are spelled out at once; a module of hundreds is better looked at in the table. */
const SPELLED = 12;

/** What is selected: its shapes, its numbers, and how each came about. */
export function Inspector() {
  const sheet = model.value?.sheet;
  const node = selectedNode.value;
  if (sheet === undefined) return null;
  if (node === null)
    return (
      <section class="inspector" aria-label="Selected layer">
        <p class="nothing">
          Choose a layer, in the drawing or in the table, to see its formula with the numbers put in.
        </p>
      </section>
    );
  const by = measure.value;
  const own = selectedOp.value;
  const exact = toolCounts.value.length > 0 ? 'exact ' : '';
  const ops = own === null ? opsBelow(sheet.nodes, node) : [own];
  return (
    <section class="inspector" aria-label="Selected layer" aria-live="polite" tabIndex={0}>
      <header>
        <h2>
          {node.parent < 0
            ? sheet.model.name
            : node.kind === 'op'
              ? (sheet.ops[own ?? -1]?.name ?? `${node.path === '' ? '' : `${node.path}.`}${node.name}`)
              : node.path}
        </h2>
        <span class="quiet">{node.kind === 'op' ? 'operator' : node.type}</span>
        {node.children.length > 0 && (
          <button type="button" class="plain" onClick={() => zoomTo(node.id)}>
            Zoom in
          </button>
        )}
        {node.children.length > 0 && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              zoomTo(node.id);
              view.value = 'graph';
            }}
          >
            Graph
          </button>
        )}
        <button type="button" class="plain end" onClick={() => select(null)}>
          Close
        </button>
      </header>
      <dl class="facts">
        {by !== null && (
          <Fact
            name={by.label}
            value={amount(by.nodes[node.id] ?? 0, by.unit)}
            more={percent(by.nodes[node.id] ?? 0, by.total)}
          />
        )}
        {sheet.graph && by?.id !== 'macs' && <Fact name={`${exact}MACs`} value={count(valueAt(node.macs))} />}
        {sheet.graph && by?.id !== 'flops' && <Fact name={`${exact}FLOPs`} value={count(valueAt(node.flops))} />}
        {by?.id !== 'params' && <Fact name="params" value={count(valueAt(node.params))} />}
        {sheet.graph && <Fact name="read" value={bytes(valueAt(node.readBytes))} />}
        {sheet.graph && <Fact name="written" value={bytes(valueAt(node.writeBytes))} />}
        {sheet.graph && <Fact name="FLOPs a byte" value={ratio(intensities.value[node.id] ?? 0)} />}
        {node.stored !== undefined && (
          <Fact name="stored" value={bytes(valueAt(node.stored.bytes))} more={node.stored.dtypes.join(', ')} />
        )}
        {node.output !== null && <Fact name={sheet.graph ? 'output' : 'shape'} value={shape(node.output)} />}
      </dl>
      {node.children.length > 0 && own === null ? (
        <details key={node.id}>
          <summary>
            {ops.length === 1 ? 'its operator' : `its ${ops.length.toLocaleString('en-US')} operators`}, spelled out
          </summary>
          <Spelled ops={ops} />
        </details>
      ) : (
        <Spelled ops={ops} />
      )}
    </section>
  );
}

function Spelled({ ops }: { readonly ops: readonly number[] }) {
  const all = model.value?.sheet.ops ?? [];
  return (
    <>
      {ops.slice(0, SPELLED).map((index) => (
        <Operator key={index} op={all[index] as OpSheet} />
      ))}
      {ops.length > SPELLED && (
        <p class="quiet">… and {ops.length - SPELLED} operators more; the table shows all of them by “operators”.</p>
      )}
    </>
  );
}

function opsBelow(nodes: readonly NodeSheet[], node: NodeSheet): readonly number[] {
  if (node.children.length === 0) return node.ops;
  const ops: number[] = [];
  for (let id = node.id; id < nodes.length && (id === node.id || (nodes[id] as NodeSheet).level > node.level); id++)
    ops.push(...(nodes[id] as NodeSheet).ops);
  return ops.sort((a, b) => a - b);
}

function Fact({ name, value, more }: { readonly name: string; readonly value: string; readonly more?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {more !== undefined && more !== '' && <small> {more}</small>}
      </dd>
    </div>
  );
}

function Operator({ op }: { readonly op: OpSheet }) {
  const sheet = model.value?.sheet;
  const macs = valueAt(op.macs);
  const flops = valueAt(op.flops);
  const symbolic = sheet?.texts[op.macs === 0 ? op.flops : macs > 0 ? op.macs : op.flops];
  return (
    <article class="operator">
      <h3>
        <span>{op.type}</span>
        {op.name !== null && <code class="quiet">{op.name}</code>}
      </h3>
      <p class="shapes">
        {op.inputs
          .map((t) =>
            t === null ? '–' : `${t.name !== '' && sheet?.graph ? `${short(t.name)} ` : ''}${shape(t.shape)}`,
          )
          .join(',  ')}
        <b> → </b>
        {op.outputs.map((t) => shape(t.shape)).join(',  ')}
      </p>
      {op.gap !== null ? (
        <Gap type={op.type} why={op.gap} op={op} />
      ) : (
        <>
          {op.factors !== null && macs > 0 && (
            <p class="product">
              {op.factors.map((factor, i) => (
                <span class="factor" key={i}>
                  {i > 0 && <i>·</i>}
                  <span>
                    <b>{valueAt(factor.ref).toLocaleString('en-US')}</b>
                    <small>{factor.label}</small>
                  </span>
                </span>
              ))}
              <span class="factor sum">
                <i>=</i>
                <span>
                  <b>{digits(macs)}</b>
                  <small>MACs</small>
                </span>
              </span>
            </p>
          )}
          {op.factors === null && macs > 0 && (
            <p class="shapes">
              <b>{digits(macs)}</b> MACs
            </p>
          )}
          <p class="shapes">
            {flops === 0 ? (
              'moves data or indices: no floating-point work'
            ) : (
              <>
                <b>{digits(flops)}</b> FLOPs ={' '}
                {[
                  ...(macs > 0 ? [`2 · ${digits(macs)}`] : []),
                  ...op.primitives
                    .filter(([, ref]) => valueAt(ref) > 0)
                    .map(([name, ref]) => `${digits(valueAt(ref))} ${name}`),
                ].join(' + ')}
              </>
            )}
          </p>
          {symbolic !== undefined && (
            <p class="shapes">
              <code>{formula(symbolic)}</code> {macs > 0 ? 'MACs' : 'FLOPs'} at{' '}
              {Object.entries(bindings.value)
                .filter(([name]) => symbolic.includes(name))
                .map(([name, n]) => `${name} = ${n}`)
                .join(', ')}
            </p>
          )}
          {op.attrs.length > 0 && (
            <p class="attrs quiet">{op.attrs.map(([name, value]) => `${name} ${value}`).join(' · ')}</p>
          )}
        </>
      )}
    </article>
  );
}

function short(name: string): string {
  return name.length > 28 ? `…${name.slice(-26)}` : name;
}

/** Where a formula is given to an operator that has none. It holds for all of its kind. */
export function Gap({
  type,
  why,
  op,
}: {
  readonly type: string;
  readonly why: string;
  readonly op?: OpSheet | undefined;
}) {
  const known = model.value?.given[type];
  const [macs, setMacs] = useState(String(known?.macs ?? ''));
  const [flops, setFlops] = useState(String(known?.flops ?? ''));
  const [wrong, setWrong] = useState<string | null>(null);
  const names = namesFor(op);
  const given = model.value?.given ?? {};
  if (!rereadable.value)
    return (
      <p>
        <b>Not counted:</b> {why}
      </p>
    );
  const id = `gap-${type.replace(/\W/g, '-')}${op?.index ?? ''}`;
  return (
    <form
      class="gap"
      onSubmit={(event) => {
        event.preventDefault();
        void reopen({ given: { ...(model.value?.given ?? {}), [type]: { ...known, macs, flops } } });
      }}
    >
      <p>
        <b>Not counted:</b> {why}
      </p>
      <label for={`${id}-macs`}>MACs</label>
      <input
        id={`${id}-macs`}
        value={macs}
        placeholder="0"
        spellcheck={false}
        onInput={(event) => setMacs(event.currentTarget.value)}
      />
      <label for={`${id}-flops`}>other FLOPs</label>
      <input
        id={`${id}-flops`}
        value={flops}
        placeholder="2*out"
        spellcheck={false}
        onInput={(event) => setFlops(event.currentTarget.value)}
      />
      <button type="submit" disabled={macs.trim() === '' && flops.trim() === ''}>
        Count {type} by this
      </button>
      <label class="quiet">
        or a file of formulas (JSON, the same that the command line reads){' '}
        <input
          type="file"
          accept=".json,application/json"
          aria-label="a file of formulas"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            if (file === undefined) return;
            try {
              const formulas = checkedFormulas(JSON.parse(await file.text()), file.name);
              setWrong(null);
              void reopen({ given: { ...(model.value?.given ?? {}), ...formulas } });
            } catch (error) {
              setWrong(error instanceof Error ? error.message : String(error));
            }
          }}
        />
      </label>
      {Object.keys(given).length > 0 && (
        <button
          type="button"
          onClick={() =>
            download('formulas.json', new Blob([`${JSON.stringify(given, null, 2)}\n`], { type: 'application/json' }))
          }
        >
          Save the formulas as a file
        </button>
      )}
      {wrong !== null && <p class="refused">{shown(wrong)}</p>}
      <p class="quiet">
        Names to use: <code>{names}</code>. <code>in</code> is the number of elements of the first input,{' '}
        <code>in.0</code>, <code>in.1</code> … are its extents; <code>in2</code>, <code>out2</code> are the second ones.
      </p>
    </form>
  );
}

/** What a formula for an operator may speak of. */
function namesFor(op: OpSheet | undefined): string {
  const all = (word: string, tensors: readonly (TensorSheet | null)[] | undefined): string[] =>
    (tensors ?? []).flatMap((tensor, i) => {
      const own = i === 0 ? word : `${word}${i + 1}`;
      return tensor?.shape == null ? [] : [own, ...tensor.shape.map((_, axis) => `${own}.${axis}`)];
    });
  const known = [...all('in', op?.inputs), ...all('out', op?.outputs)];
  return known.length === 0 ? 'in, in.0, in.1, out, out.0' : known.join(', ');
}
