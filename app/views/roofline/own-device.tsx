import { type Device, rateNamed } from 'opcount';
import { keepDevices, ownDevices, roofline } from '../../state/devices.js';

const RATES = 'one of float64, float32, tf32, float16, bfloat16, fp8, fp4, int8, int4';

/** Describes a device that the table does not have, and draws the roofline for it. */
export function OwnDevice({ done }: { readonly done: () => void }) {
  return (
    <form
      class="own-device"
      onSubmit={(event) => {
        event.preventDefault();
        if (acceptDevice(event.currentTarget)) done();
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

/** Keeps the device that the form describes, and chooses it; false where the form has to be corrected first. */
function acceptDevice(form: HTMLFormElement): boolean {
  const data = new FormData(form);
  const field = (name: string): string => String(data.get(name) ?? '').trim();
  const rate = rateNamed(field('dtype'));
  if (rate === null) {
    const box = form.elements.namedItem('dtype') as HTMLInputElement;
    box.setCustomValidity(RATES);
    box.reportValidity();
    return false;
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
  return true;
}
