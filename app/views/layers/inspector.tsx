import type { NodeSheet, OpSheet } from '../../sheet.js';
import { measure, toolCounts } from '../../state/measure.js';
import { bindings, model, valueAt } from '../../state/model.js';
import { select, selectedNode, selectedOp, view, zoomTo } from '../../state/view.js';
import { intensities } from '../../ui/heat.js';
import { amount, bytes, count, digits, formula, percent, ratio, shape } from '../../ui/numbers.js';
import { Gap } from '../gaps/gap.js';

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
