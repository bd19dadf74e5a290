import type { OpSheet } from '../../sheet.js';
import { bindings, model, valueAt } from '../../state/model.js';
import { shape } from '../../state/shape.js';
import { digits, formula } from '../../ui/numbers.js';
import { Gap } from '../gaps/gap.js';

interface OperatorProps {
  readonly op: OpSheet;
}

/** One operator spelled out: shapes, its multiply-accumulates as a product, its FLOPs as a sum, and its formula. */
export function Operator({ op }: OperatorProps) {
  return (
    <article class="operator">
      <h3>
        <span>{op.type}</span>
        {op.name !== null && <code class="quiet">{op.name}</code>}
      </h3>
      <Shapes op={op} />
      {op.gap !== null ? (
        <Gap type={op.type} why={op.gap} op={op} />
      ) : (
        <>
          <Macs op={op} />
          <Flops op={op} />
          <Formula op={op} />
          {op.attrs.length > 0 && (
            <p class="attrs quiet">{op.attrs.map(([name, value]) => `${name} ${value}`).join(' · ')}</p>
          )}
        </>
      )}
    </article>
  );
}

function Shapes({ op }: OperatorProps) {
  const graph = model.value?.sheet.graph ?? false;
  const inputs = op.inputs.map((t) => {
    if (t === null) return '–';
    return `${t.name !== '' && graph ? `${short(t.name)} ` : ''}${shape(t.shape)}`;
  });
  return (
    <p class="shapes">
      {inputs.join(',  ')}
      <b> → </b>
      {op.outputs.map((t) => shape(t.shape)).join(',  ')}
    </p>
  );
}

/** The factors that multiply out to the MACs, where they are known; else the MACs alone. */
function Macs({ op: { macs: ref, factors } }: OperatorProps) {
  const macs = valueAt(ref);
  if (macs === 0) return null;
  if (factors === null)
    return (
      <p class="shapes">
        <b>{digits(macs)}</b> MACs
      </p>
    );
  return (
    <p class="product">
      {factors.map((factor, i) => (
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
  );
}

/** Two FLOPs for each MAC, and the operations besides. */
function Flops({ op }: OperatorProps) {
  const [macs, flops] = [valueAt(op.macs), valueAt(op.flops)];
  const others = op.primitives.filter(([, ref]) => valueAt(ref) > 0);
  const terms = [
    ...(macs > 0 ? [`2 · ${digits(macs)}`] : []),
    ...others.map(([name, ref]) => `${digits(valueAt(ref))} ${name}`),
  ];
  return (
    <p class="shapes">
      {flops === 0 ? (
        'moves data or indices: no floating-point work'
      ) : (
        <>
          <b>{digits(flops)}</b> FLOPs = {terms.join(' + ')}
        </>
      )}
    </p>
  );
}

/** The count as a formula in the free dimensions, with their present sizes. */
function Formula({ op }: OperatorProps) {
  const macs = valueAt(op.macs);
  const text = model.value?.sheet.texts[op.macs === 0 || macs === 0 ? op.flops : op.macs];
  if (text === undefined) return null;
  const sizes = Object.entries(bindings.value)
    .filter(([name]) => text.includes(name))
    .map(([name, n]) => `${name} = ${n}`);
  return (
    <p class="shapes">
      <code>{formula(text)}</code> {macs > 0 ? 'MACs' : 'FLOPs'} at {sizes.join(', ')}
    </p>
  );
}

function short(name: string): string {
  return name.length > 28 ? `…${name.slice(-26)}` : name;
}
