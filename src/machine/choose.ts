import { nearest } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';
import type { DeviceChoice } from './bounds.js';
import { describedDevice, rateNamed } from './describe.js';
import { peakOf } from './rates.js';
import { type Device, type ListedDevice, RATES } from './types.js';

/** The table of devices; loaded when one is requested. */
export async function loadDevices(): Promise<readonly ListedDevice[]> {
  return (await import('./data/index.js')).DEVICES;
}

/**
 * A device by its id (`h100-sxm`), with a rate after it where floating-point work is to be taken in that type
 * (`h100-sxm:bf16`), or described in words (`"name: 82.6T fp32, 1008GB/s, 24GB"`). Throws ModelError `argument`.
 */
export async function deviceOf(text: string): Promise<DeviceChoice> {
  const listed = await loadDevices();
  const [head = '', tail] = text.split(/:(.*)/s).map((part) => part.trim());
  const device = listed.find(({ id, name }) => [id, name.toLowerCase()].includes(head.toLowerCase()));
  const rate = tail === undefined ? null : rateNamed(tail);
  if (device === undefined || (tail !== undefined && rate === null && /\d/.test(tail.replace(/^\w+$/, '')))) {
    if (tail !== undefined && rate === null) return { device: describedDevice(text), as: null };
    throw new ModelError('argument', `there is no device "${head}"`, { hint: nearHint(head, listed) });
  }
  if (tail === undefined) return { device, as: null };
  if (rate === null || peakOf(device, rate) === null)
    throw new ModelError('argument', `no rate "${tail}" of ${device.name} is known`, {
      hint: `its rates: ${RATES.filter((r) => peakOf(device, r) !== null).join(', ')}`,
    });
  return { device, as: rate };
}

/** Ids that are nearest to what was typed, then those that share letters with it. */
function nearHint(typed: string, listed: readonly Device[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const wanted = plain(typed);
  const ids = listed.map(({ id }) => id);
  const alike = ids.filter((id) => {
    const own = plain(id);
    return wanted !== '' && (own.includes(wanted) || wanted.includes(own) || own.startsWith(wanted.slice(0, 4)));
  });
  const same = ids.filter((id) => plain(id) === wanted);
  const near = [...new Set([...same, ...nearest(typed, ids), ...alike])].slice(0, 6);
  const list = '`opcount models --devices` lists them; your own: "name: 82.6T fp32, 1008GB/s, 24GB"';
  if (same.length > 0) return `did you mean ${same[0]}? ${list}`;
  return near.length === 0 ? list : `near it: ${near.join(', ')}; ${list}`;
}
