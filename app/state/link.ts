import { signal } from '@preact/signals';
import type { Device } from 'opcount';
import { checkedFormulas } from 'opcount/ledger';
import type { GivenText, Origin } from '../worker/protocol.js';
import { devicesIn, ownDevices, roofline } from './devices.js';
import { readLink } from './link-text.js';
import { bindings, model, open, other, start } from './model.js';
import { convention, focus, measureId, nodeByPath, selected, view } from './view.js';

/**
 * The page's state as the part of its address behind `#`, which browsers send to no server. It says where a model is (a
 * built-in name or a URL), never what is in it: a dropped file has no link.
 */
type Fields = Partial<Record<'m' | 'in' | 'b' | 'as' | 'v' | 'by' | 'z' | 's' | 'c' | 'dev' | 'x', string>>;

/** What does not fit into a word: formulas that were given, devices that were described. */
interface Extra {
  readonly given?: Readonly<Record<string, GivenText>>;
  readonly devices?: readonly Device[];
}

/** Whether what is shown can be opened from a link at all. */
export function linkable(): boolean {
  return model.value !== null && placeOf(model.value.origin) !== null;
}

function placeOf(origin: Origin): string | null {
  if (origin.kind === 'builtin') return origin.name;
  return origin.kind === 'url' ? origin.url : null;
}

function originOf(place: string): Origin {
  return /^https?:\/\//i.test(place) ? { kind: 'url', url: place } : { kind: 'builtin', name: place };
}

/** The link to what is shown now. */
export async function linkOf(): Promise<string> {
  const loaded = model.value;
  const fields: Fields = {};
  const place = loaded === null ? null : placeOf(loaded.origin);
  if (loaded !== null && place !== null) {
    const { sheet, inputs, given } = loaded;
    fields.m = place;
    const shapes = Object.entries(inputs).map(
      ([name, extents]) => `${encodeURIComponent(name)}:${extents.map(encodeURIComponent).join('x')}`,
    );
    if (shapes.length > 0) fields.in = shapes.join(';');
    const bound = sheet.program.symbols.map(({ name }) => `${encodeURIComponent(name)}:${bindings.value[name]}`);
    if (bound.length > 0) fields.b = bound.join(';');
    if (convention.value !== 'exact') fields.as = convention.value;
    if (view.value !== 'treemap') fields.v = view.value;
    if (measureId.value !== 'macs') fields.by = measureId.value;
    const path = (id: number | null): string => (id === null ? '' : (sheet.nodes[id]?.path ?? ''));
    if (focus.value !== 0) fields.z = path(focus.value);
    if (selected.value !== null) fields.s = path(selected.value);
    const second = other.value === null ? null : placeOf(other.value.origin);
    if (second !== null) fields.c = second;
    if (roofline.value.device !== '') fields.dev = `${roofline.value.device}:${roofline.value.peak}`;
    const extra: Extra = {
      ...(Object.keys(given).length > 0 ? { given } : {}),
      ...(ownDevices.value.length > 0 ? { devices: ownDevices.value } : {}),
    };
    if (Object.keys(extra).length > 0) fields.x = await packed(JSON.stringify(extra));
  }
  const hash = new URLSearchParams(fields as Record<string, string>).toString();
  return hash === '' ? location.href.replace(/#.*$/, '') : `${location.href.replace(/#.*$/, '')}#${hash}`;
}

/** What of the link that was followed could not be read; empty where all of it could. */
export const linkTrouble = signal<readonly string[]>([]);

/** Opens what the address names, as far as it can be read. `views` are the names of those that there are. */
export async function followLink(hash: string, views: readonly string[]): Promise<void> {
  const link = readLink(hash, { conventions: (start.value?.conventions ?? []).map(({ id }) => id), views });
  linkTrouble.value = link?.wrong ?? [];
  if (link === null) return;
  const extra = link.extra === null ? {} : await unpacked(link.extra);
  if (extra === null) linkTrouble.value = [...link.wrong, 'its formulas and devices were cut off'];
  convention.value = link.convention;
  view.value = link.view;
  measureId.value = link.by;
  if (extra?.devices !== undefined) ownDevices.value = extra.devices;
  if (link.device !== null) roofline.value = link.device;
  const { inputs, bind } = link;
  if (!(await open(originOf(link.model), { inputs, bind, given: extra?.given ?? {} }))) return;
  focus.value = nodeByPath(link.focus) ?? 0;
  selected.value = link.selected === null ? null : nodeByPath(link.selected);
  if (link.other !== null) await open(originOf(link.other), { slot: 'b' });
}

async function packed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Nothing larger than this is a set of formulas and devices. */
const MOST = 1 << 16;

/** Null for what cannot be read: the model itself is still worth opening. */
async function unpacked(text: string): Promise<Extra | null> {
  if (text.length > MOST) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MOST * 4) return null;
      parts.push(value);
    }
    return checked(JSON.parse(await new Blob(parts).text()));
  } catch {
    return null;
  }
}

/** Only what has the shape of formulas and devices is taken from a link. */
function checked(value: unknown): Extra {
  const { given, devices } = (value ?? {}) as { given?: unknown; devices?: unknown };
  const formulas: Record<string, GivenText> = {};
  if (typeof given === 'object' && given !== null)
    for (const [type, formula] of Object.entries(given as Record<string, unknown>))
      if (isFormula(type, formula)) formulas[type] = formula;
  const own = devicesIn(devices);
  return { given: formulas, ...(own.length > 0 ? { devices: own } : {}) };
}

/** A link is a stranger's: what is not a formula is left out. */
function isFormula(type: string, formula: unknown): formula is GivenText {
  try {
    checkedFormulas({ [type]: formula });
    return true;
  } catch {
    return false;
  }
}
