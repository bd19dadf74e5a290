import { type Device, type ListedDevice, type PeakOf, peaksOf, rateNamed } from 'opcount';
import { useState } from 'preact/hooks';
import { devices, keepDevices, ownDevices, type Roof, roofline } from '../../state/devices.js';
import { bound, elementBytes } from '../../state/roofline.js';
import { flopsASecond } from '../../ui/numbers.js';

/** Which device a roofline is of, which of its peaks, and how wide tensors are; or a device of one's own. */
export function DeviceChoice({ now }: { readonly now: Roof }) {
  const [adding, setAdding] = useState(false);
  const own = bound.value.own;
  return (
    <div class="device">
      <label>
        <span class="quiet">device</span>
        <select
          value={now.device.id}
          onChange={(event) => {
            roofline.value = { device: event.currentTarget.value, peak: '' };
          }}
        >
          {devices.value.map((d) => (
            <option key={d.id} value={d.id}>
              {d.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="quiet">peak</span>
        <select
          value={now.peak.id}
          onChange={(event) => {
            roofline.value = { device: now.device.id, peak: event.currentTarget.value };
          }}
        >
          {peaksOf(now.device).map((p) => (
            <option key={p.id} value={p.id}>
              {p.rate}
              {p.sparse ? ' — sparse (2:4)' : ' — dense'}: {flopsASecond(p.perSecond)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="quiet">tensors</span>
        <select
          value={String(elementBytes.value ?? '')}
          onChange={(event) => {
            elementBytes.value = event.currentTarget.value === '' ? null : Number(event.currentTarget.value);
          }}
        >
          <option value="">as in the file{own === null ? '' : ` (${own} bytes)`}</option>
          <option value="4">4 bytes each</option>
          <option value="2">2 bytes each</option>
          <option value="1">1 byte each</option>
        </select>
      </label>
      <button type="button" class="plain" aria-expanded={adding} onClick={() => setAdding(!adding)}>
        A device of your own
      </button>
      <span class="quiet source">
        {(now.bandwidth / 1e9).toLocaleString('en-US')} GB/s
        {'sources' in now.device && `. ${sourcesOf(now.device, now.peak)}`}
      </span>
      {adding && <OwnDevice done={() => setAdding(false)} />}
    </div>
  );
}

/** Where the two sides of the roof come from. */
function sourcesOf(device: ListedDevice, { rate }: PeakOf): string {
  const used = device.sources.filter(({ figures }) => figures.split(', ').some((f) => f === rate || f === 'bandwidth'));
  return [...new Set(used.map(({ title, confidence }) => `${title} (${confidence})`))].join('; ');
}

function OwnDevice({ done }: { readonly done: () => void }) {
  return (
    <form
      class="own-device"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const field = (name: string): string => String(new FormData(form).get(name) ?? '').trim();
        const rate = rateNamed(field('dtype'));
        if (rate === null) {
          const box = form.elements.namedItem('dtype') as HTMLInputElement;
          box.setCustomValidity('one of float64, float32, tf32, float16, bfloat16, fp8, fp4, int8, int4');
          box.reportValidity();
          return;
        }
        const name = field('name');
        const dense = Number(field('dense')) * 1e12;
        const sparse = Number(field('sparse')) * 1e12;
        const known = ownDevices.value.find((d) => d.name === name);
        const device: Device = {
          id: name,
          name,
          memory: known?.memory ?? null,
          bandwidth: Number(field('bandwidth')) * 1e9,
          peak: { ...known?.peak, [rate]: dense },
          sparse: sparse > 0 ? { factor: sparse / dense, rates: [rate] } : (known?.sparse ?? null),
        };
        keepDevices([device, ...ownDevices.value.filter((d) => d.name !== name)]);
        roofline.value = { device: name, peak: rate };
        done();
      }}
    >
      <label>
        name <input name="name" required placeholder="my board" />
      </label>
      <label>
        memory, GB/s <input name="bandwidth" type="number" min="0.001" step="any" required />
      </label>
      <label>
        dtype{' '}
        <input
          name="dtype"
          required
          placeholder="float16"
          onInput={(event) => event.currentTarget.setCustomValidity('')}
        />
      </label>
      <label>
        dense, TFLOP/s <input name="dense" type="number" min="0.000001" step="any" required />
      </label>
      <label>
        sparse, TFLOP/s <input name="sparse" type="number" min="0" step="any" placeholder="none" />
      </label>
      <button type="submit">Use it</button>
      {ownDevices.value.length > 0 && (
        <button type="button" class="plain" onClick={() => keepDevices([])}>
          Forget mine
        </button>
      )}
    </form>
  );
}
