import { signal } from '@preact/signals';
import type { Device } from 'opcount';
import type { GivenText, Origin } from '../worker/protocol.js';
import { release } from './client.js';
import { devicesIn, ownDevices, roofline } from './devices.js';
import { type LinkText, readLink } from './link-text.js';
import { bindings, example, type Loaded, model, other, start } from './model.js';
import { begin, end, nameOf, open, stopOpening } from './openings.js';
import { packed, unpacked } from './pack.js';
import { savedOf, showSaved } from './saved.js';
import { COLUMNS, filter, GRAINS, grain, sort } from './table.js';
import { convention, focus, measureId, nodeByPath, selected, view } from './view.js';

/**
 * The page's state as the part of its address behind `#`, which browsers send to no server. It says where a model is (a
 * built-in name or a URL), never what is in it: a dropped file has no link.
 */
type Fields = Partial<
  Record<'m' | 'in' | 'b' | 'as' | 'v' | 'by' | 'z' | 's' | 'c' | 'dev' | 'f' | 'g' | 'o' | 'x', string>
>;

/** The parts that are too long for a field of their own: formulas that were given, devices that were described. */
interface Extra {
  readonly given?: Readonly<Record<string, GivenText>>;
  readonly devices?: readonly Device[];
}

/** Whether others can open what is shown from its link: not where it lies on this machine alone. */
export function linkable(): boolean {
  const loaded = model.value;
  if (loaded === null) return false;
  return [loaded, other.value].every((one) => one === null || isPublic(one.origin));
}

function isPublic(origin: Origin): boolean {
  const place = placeOf(origin);
  if (place === null) return false;
  if (origin.kind !== 'url') return true;
  try {
    const { hostname } = new URL(place, location.href);
    return !/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/i.test(hostname);
  } catch {
    return false;
  }
}

function placeOf(origin: Origin): string | null {
  if (origin.kind === 'builtin') return origin.name;
  return origin.kind === 'url' ? origin.url : null;
}

function originOf(place: string): Origin {
  return /^https?:\/\//i.test(place) ? { kind: 'url', url: place } : { kind: 'builtin', name: place };
}

/** The link to what is shown now; of a file that has no place of its own the page's address alone. */
export async function linkOf(): Promise<string> {
  const loaded = example.value ? null : model.value;
  const base = location.href.replace(/#.*$/, '');
  const place = loaded === null ? null : placeOf(loaded.origin);
  if (loaded?.origin.kind === 'saved') return location.href;
  if (loaded === null || place === null) return base;
  const second = other.value === null ? null : placeOf(other.value.origin);
  const { given } = loaded;
  const extra: Extra = {
    ...(Object.keys(given).length > 0 ? { given } : {}),
    ...(ownDevices.value.length > 0 ? { devices: ownDevices.value } : {}),
  };
  const fields: Fields = {
    m: place,
    ...lookFields(loaded),
    ...(second === null ? {} : { c: second }),
    ...(Object.keys(extra).length > 0 ? { x: await packed(JSON.stringify(extra)) } : {}),
  };
  return `${base}#${new URLSearchParams(fields as Record<string, string>)}`;
}

/** How a model is looked at. */
function lookFields({ sheet, inputs }: Loaded): Fields {
  const shapes = Object.entries(inputs).map(
    ([name, extents]) => `${encodeURIComponent(name)}:${extents.map(encodeURIComponent).join('x')}`,
  );
  const bound = sheet.program.symbols.map(({ name }) => `${encodeURIComponent(name)}:${bindings.value[name]}`);
  const path = (id: number | null): string => (id === null ? '' : (sheet.nodes[id]?.path ?? ''));
  const order = sort.value;
  return {
    ...(shapes.length > 0 ? { in: shapes.join(';') } : {}),
    ...(bound.length > 0 ? { b: bound.join(';') } : {}),
    ...(convention.value === 'exact' ? {} : { as: convention.value }),
    ...(view.value === 'layers' ? {} : { v: view.value }),
    ...(measureId.value === 'macs' ? {} : { by: measureId.value }),
    ...(focus.value === 0 ? {} : { z: path(focus.value) }),
    ...(selected.value === null ? {} : { s: path(selected.value) }),
    ...(roofline.value.device === '' ? {} : { dev: `${roofline.value.device}:${roofline.value.peak}` }),
    ...(filter.value === '' ? {} : { f: filter.value }),
    ...(grain.value === 'modules' ? {} : { g: grain.value }),
    ...(order === null ? {} : { o: `${order.column}:${order.down ? 'down' : 'up'}` }),
  };
}

/** The state of the page at a moment of this visit. */
export interface Kept {
  readonly a: Loaded | null;
  readonly b: Loaded | null;
  readonly look: string;
}

export function kept(): Kept {
  const loaded = example.value ? null : model.value;
  const look = loaded === null ? '' : new URLSearchParams(lookFields(loaded) as Record<string, string>).toString();
  return { a: loaded, b: other.value, look };
}

/** Shows it again; a model that is still on show is not read anew. */
export async function restore({ a, b, look }: Kept): Promise<void> {
  linkTrouble.value = [];
  stopOpening();
  if (a === null) {
    example.value = false;
    model.value = null;
    other.value = null;
    return;
  }
  const text = readLink(`m=kept&${look}`, { conventions: conventionIds(), views: null });
  if (text !== null) applyLook(text);
  const { origin, inputs, given } = a;
  const bind = text?.bind ?? {};
  const landed = (): void => {
    if (text !== null) applyPlaces(text);
  };
  const same = model.value?.origin === origin && JSON.stringify(model.value.inputs) === JSON.stringify(inputs);
  if (same || origin.kind === 'saved') {
    if (!same) {
      release('a');
      model.value = a;
    }
    bindings.value = { ...bindings.value, ...bind };
    landed();
  } else if (!(await open(origin, { inputs, given, bind, landed }))) return;
  if (b === null) other.value = null;
  else if (other.value?.origin !== b.origin) await open(b.origin, { slot: 'b', inputs: b.inputs, given: b.given });
}

/** The parts of the link that could not be read, in words; empty where all could. */
export const linkTrouble = signal<readonly string[]>([]);

/** Whether the page still goes where the address that it was opened with leads. */
export const following = signal(location.hash.length > 1);

/** Opens what the address names, as far as it can be read. `views` are the names of those that there are. */
export async function followLink(hash: string, views: readonly string[]): Promise<void> {
  if (hash.startsWith(WITHIN)) return followWithin(hash.slice(WITHIN.length));
  const link = readLink(hash, { conventions: conventionIds(), views });
  linkTrouble.value = link?.wrong ?? [];
  if (link === null) return;
  const origin = originOf(link.model);
  const signal = begin('a', nameOf(origin));
  const extra = link.extra === null ? {} : await extraOf(link.extra);
  if (signal.aborted) return;
  if (extra === null) linkTrouble.value = [...link.wrong, 'its formulas and devices were cut off'];
  applyLook(link);
  if (extra?.devices !== undefined) ownDevices.value = extra.devices;
  const { inputs, bind } = link;
  const landed = (): void => applyPlaces(link);
  if (!(await open(origin, { inputs, bind, given: extra?.given ?? {}, landed }))) return;
  if (link.other === null) other.value = null;
  else await open(originOf(link.other), { slot: 'b' });
}

/** A link that has the model itself in it, as far as that is small: chats and mail cut longer ones. */
const WITHIN = '#model=';
export const LONGEST_LINK = 32_000;
const MOST_WITHIN = 1 << 24;

/** Such a link to what is shown; null where it would be too long. */
export async function linkWithin(): Promise<string | null> {
  const loaded = model.value;
  if (loaded === null) return null;
  const link = `${location.href.replace(/#.*$/, '')}${WITHIN}${await packed(JSON.stringify(savedOf(loaded)))}`;
  return link.length > LONGEST_LINK ? null : link;
}

async function followWithin(text: string): Promise<void> {
  const signal = begin('a', 'the model in the link');
  const plain = text.length > LONGEST_LINK * 2 ? null : await unpacked(text, MOST_WITHIN);
  if (signal.aborted) return;
  end(signal);
  try {
    if (plain === null) throw new Error('cut off');
    showSaved(JSON.parse(plain));
    linkTrouble.value = [];
  } catch {
    linkTrouble.value = ['the model in it cannot be read; it may have been cut off on the way'];
  }
}

function conventionIds(): string[] {
  return (start.value?.conventions ?? []).map(({ id }) => id);
}

/** Fields that do not depend on the model. */
function applyLook(link: LinkText): void {
  convention.value = link.convention;
  view.value = link.view;
  measureId.value = link.by;
  filter.value = link.filter;
  grain.value = GRAINS.find((g) => g === link.grain) ?? 'modules';
  const [column, way] = (link.sort ?? '').split(':');
  const known = COLUMNS.find((c) => c === column);
  sort.value = known === undefined ? null : { column: known, down: way !== 'up' };
  if (link.device !== null) roofline.value = link.device;
}

/** Parts of the model that are zoomed to and selected. */
function applyPlaces(link: LinkText): void {
  focus.value = nodeByPath(link.focus) ?? 0;
  selected.value = link.selected === null ? null : nodeByPath(link.selected);
}

/** Nothing larger than this is a set of formulas and devices. */
const MOST = 1 << 16;

/** Null for what cannot be read: the model itself is still worth opening. */
async function extraOf(text: string): Promise<Extra | null> {
  if (text.length > MOST) return null;
  const plain = await unpacked(text, MOST * 4);
  try {
    return plain === null ? null : await checked(JSON.parse(plain));
  } catch {
    return null;
  }
}

/** Only what has the shape of formulas and devices is taken from a link. */
async function checked(value: unknown): Promise<Extra> {
  const { given, devices } = (value ?? {}) as { given?: unknown; devices?: unknown };
  const own = devicesIn(devices);
  return {
    given: typeof given === 'object' && given !== null ? (await import('./formulas.js')).formulasIn(given) : {},
    ...(own.length > 0 ? { devices: own } : {}),
  };
}
