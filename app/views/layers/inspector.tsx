import type { NodeSheet, OpSheet, PageModel } from '../../sheet.js';
import { intensities } from '../../state/intensities.js';
import { measure } from '../../state/measure.js';
import { model, valueAt } from '../../state/model.js';
import { shape } from '../../state/shape.js';
import { toolCounts } from '../../state/tool-counts.js';
import { select, selectedNode, selectedOp, view, zoomTo } from '../../state/view.js';
import { amount, bytes, count, percent, ratio } from '../../ui/numbers.js';
import { Operator } from './operator.js';

/** Operators that are spelled out at once; a module of hundreds is better looked at in the table. */
const SPELLED = 12;

/** The selected layer: its shapes, its numbers, and how each came about. */
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
  const own = selectedOp.value;
  return (
    <section class="inspector" aria-label="Selected layer" aria-live="polite" tabIndex={0}>
      <Head sheet={sheet} node={node} />
      <Facts sheet={sheet} node={node} />
      <Operators sheet={sheet} node={node} own={own} />
    </section>
  );
}

interface NodeProps {
  readonly sheet: PageModel;
  readonly node: NodeSheet;
}

function titleOf({ model: whole, ops }: PageModel, { parent, kind, path, name }: NodeSheet): string {
  if (parent < 0) return whole.name;
  if (kind !== 'op') return path;
  return ops[selectedOp.value ?? -1]?.name ?? `${path === '' ? '' : `${path}.`}${name}`;
}

function Head({ sheet, node }: NodeProps) {
  return (
    <header>
      <h2>{titleOf(sheet, node)}</h2>
      <span class="quiet">{node.kind === 'op' ? 'operator' : node.type}</span>
      {node.children.length > 0 && (
        <>
          <button type="button" class="plain" onClick={() => zoomTo(node.id)}>
            Zoom in
          </button>
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
        </>
      )}
      <button type="button" class="plain end" onClick={() => select(null)}>
        Close
      </button>
    </header>
  );
}

/** Counts of a node: first the one that drawings go by, then opcount's own. */
function Facts({ sheet: { graph }, node }: NodeProps) {
  const by = measure.value;
  const own = by?.nodes[node.id] ?? 0;
  const exact = toolCounts.value.length > 0 ? 'exact ' : '';
  const { stored } = node;
  return (
    <dl class="facts">
      {by !== null && <Fact name={by.label} value={amount(own, by.unit)} more={percent(own, by.total)} />}
      {graph && by?.id !== 'macs' && <Fact name={`${exact}MACs`} value={count(valueAt(node.macs))} />}
      {graph && by?.id !== 'flops' && <Fact name={`${exact}FLOPs`} value={count(valueAt(node.flops))} />}
      {by?.id !== 'params' && <Fact name="params" value={count(valueAt(node.params))} />}
      {graph && <Fact name="read" value={bytes(valueAt(node.readBytes))} />}
      {graph && <Fact name="written" value={bytes(valueAt(node.writeBytes))} />}
      {graph && <Fact name="FLOPs a byte" value={ratio(intensities.value[node.id] ?? 0)} />}
      {stored !== undefined && (
        <Fact name="stored" value={bytes(valueAt(stored.bytes))} more={stored.dtypes.join(', ')} />
      )}
      {node.output !== null && <Fact name={graph ? 'output' : 'shape'} value={shape(node.output)} />}
    </dl>
  );
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

/** The operators of a node, or the one that is selected; those of a module are folded in. */
function Operators({ sheet, node, own }: NodeProps & { readonly own: number | null }) {
  const ops = own === null ? opsBelow(sheet.nodes, node) : [own];
  if (node.children.length === 0 || own !== null) return <Spelled ops={ops} />;
  return (
    <details key={node.id}>
      <summary>
        {ops.length === 1 ? 'its operator' : `its ${ops.length.toLocaleString('en-US')} operators`}, spelled out
      </summary>
      <Spelled ops={ops} />
    </details>
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
