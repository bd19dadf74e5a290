import { type ListedDevice, type PeakOf, peaksOf } from 'opcount';
import { useState } from 'preact/hooks';
import { devices, type Roof, roofline } from '../../state/devices.js';
import { bound, elementBytes } from '../../state/roofline.js';
import { flopsASecond } from '../../ui/numbers.js';
import { OwnDevice } from './own-device.js';

/** The device of a roofline, which of its peaks, and how wide tensors are; or a device of one's own. */
export function DeviceChoice({ now }: { readonly now: Roof }) {
  const [adding, setAdding] = useState(false);
  return (
    <div class="device">
      <Choice
        label="device"
        value={now.device.id}
        options={devices.value.map(({ id, name }) => [id, name])}
        onChoose={(device) => {
          roofline.value = { device, peak: '' };
        }}
      />
      <Choice
        label="peak"
        value={now.peak.id}
        options={peaksOf(now.device).map((p) => [p.id, peakText(p)])}
        onChoose={(peak) => {
          roofline.value = { device: now.device.id, peak };
        }}
      />
      <Choice
        label="tensors"
        value={String(elementBytes.value ?? '')}
        options={[
          ['', `as in the file${bound.value.own === null ? '' : ` (${bound.value.own} bytes)`}`],
          ['4', '4 bytes each'],
          ['2', '2 bytes each'],
          ['1', '1 byte each'],
        ]}
        onChoose={(size) => {
          elementBytes.value = size === '' ? null : Number(size);
        }}
      />
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

function peakText({ rate, sparse, perSecond }: PeakOf): string {
  return `${rate}${sparse ? ' — sparse (2:4)' : ' — dense'}: ${flopsASecond(perSecond)}`;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [id: string, text: string])[];
  readonly onChoose: (id: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label>
      <span class="quiet">{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Where the two sides of the roof come from. */
function sourcesOf(device: ListedDevice, { rate }: PeakOf): string {
  const used = device.sources.filter(({ figures }) => figures.split(', ').some((f) => f === rate || f === 'bandwidth'));
  return [...new Set(used.map(({ title, confidence }) => `${title} (${confidence})`))].join('; ');
}
