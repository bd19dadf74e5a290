import { computed, signal } from '@preact/signals';
import { type Device, deviceFromJson, type ListedDevice, loadDevices, type PeakOf, peaksOf, shownData } from 'opcount';

/** Devices that the person at the page described. */
const KEY = 'opcount.devices';

export const ownDevices = signal<readonly Device[]>(kept());

function kept(): readonly Device[] {
  try {
    return devicesIn(JSON.parse(localStorage.getItem(KEY) ?? '[]'));
  } catch {
    return []; // storage forbidden, or not ours
  }
}

/** Devices of one's own are kept for the next visit. */
export function keepDevices(own: readonly Device[]): void {
  ownDevices.value = own;
  try {
    localStorage.setItem(KEY, JSON.stringify(own));
  } catch {
    // They hold for this visit.
  }
}

/** The devices among something from outside: a link, storage. Their names hide nothing. */
export function devicesIn(value: unknown): Device[] {
  return (Array.isArray(value) ? value : []).flatMap((one: unknown) => {
    try {
      const device = deviceFromJson(shownData(one));
      return drawable(device) ? [device] : [];
    } catch {
      return [];
    }
  });
}

/** A roof needs both of its sides. */
function drawable(device: Device): boolean {
  return device.bandwidth !== null && peaksOf(device).length > 0;
}

/** The device that the roofline is drawn for, and one of its peaks as `fp16` or `fp16 sparse`. */
export const roofline = signal({ device: '', peak: '' });
const FIRST = 'a100-80g-sxm';

/** The devices of the table, without those of one's own. */
export const listedDevices = signal<readonly ListedDevice[]>([]);

/** Whether that table could not be fetched. */
export const devicesMissing = signal(false);

/** Fetches the table of devices, the first time that it is looked at. */
export async function needDevices(): Promise<void> {
  if (listedDevices.value.length > 0) return;
  try {
    listedDevices.value = (await loadDevices()).filter(drawable);
    devicesMissing.value = false;
  } catch {
    devicesMissing.value = true;
  }
}

export const devices = computed((): readonly (Device | ListedDevice)[] => [
  ...ownDevices.value,
  ...listedDevices.value,
]);

export interface Roof {
  readonly device: Device | ListedDevice;
  readonly peak: PeakOf;
  /** Bytes a second. */
  readonly bandwidth: number;
  /** FLOPs a byte from which on arithmetic, not memory, is the limit. */
  readonly ridge: number;
}

/** Null until the table is there. */
export const roof = computed((): Roof | null => {
  const { device: wanted, peak: id } = roofline.value;
  const all = devices.value;
  const device = all.find((d) => d.id === wanted) ?? all.find((d) => d.id === FIRST) ?? all[0];
  if (device === undefined) return null;
  const peaks = peaksOf(device);
  const peak = peaks.find((p) => p.id === id) ?? peaks.find((p) => p.rate === 'fp32') ?? (peaks[0] as PeakOf);
  const bandwidth = device.bandwidth ?? Number.POSITIVE_INFINITY;
  return { device, peak, bandwidth, ridge: peak.perSecond / bandwidth };
});
