import type { GivenText, Origin } from '../worker/protocol.js';
import { type Device, isDevice, ownDevices, roofline } from './devices.js';
import { bindings, model, open, other } from './model.js';
import { convention, focus, measureId, nodeByPath, selected, VIEWS, view } from './view.js';

/**
 * The page's state as the part of its address behind `#`, which browsers send to no server. It says where a model is (a
 * built-in name or a URL), never what is in it: a dropped file has no link.
 */
const FIELDS = ['m', 'in', 'b', 'as', 'v', 'by', 'z', 's', 'c', 'dev', 'x'] as const;
type Fields = Partial<Record<(typeof FIELDS)[number], string>>;

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

/** Opens what the address names. */
export async function followLink(hash: string): Promise<void> {
  const fields = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, ''))) as Fields;
  if (fields.m === undefined || fields.m === '') return;
  const extra = await unpacked(fields.x);
  const pairs = (text: string | undefined): [string, string][] =>
    (text ?? '')
      .split(';')
      .filter((part) => part.includes(':'))
      .map((part) => {
        const at = part.lastIndexOf(':');
        return [decodeURIComponent(part.slice(0, at)), part.slice(at + 1)];
      });
  const inputs = Object.fromEntries(
    pairs(fields.in).map(([name, extents]) => [name, extents.split('x').map(decodeURIComponent)]),
  );
  const bind = Object.fromEntries(
    pairs(fields.b)
      .map(([name, n]) => [name, Number(n)] as const)
      .filter(([, n]) => Number.isSafeInteger(n)),
  );
  convention.value = fields.as ?? 'exact';
  view.value = VIEWS.find((v) => v === fields.v) ?? 'treemap';
  measureId.value = fields.by ?? 'macs';
  if (extra.devices !== undefined) ownDevices.value = extra.devices;
  if (fields.dev !== undefined) {
    const at = fields.dev.lastIndexOf(':');
    roofline.value = { device: fields.dev.slice(0, at), peak: fields.dev.slice(at + 1) };
  }
  if (!(await open(originOf(fields.m), { inputs, bind, given: extra.given ?? {} }))) return;
  focus.value = nodeByPath(fields.z ?? '') ?? 0;
  selected.value = fields.s === undefined ? null : nodeByPath(fields.s);
  if (fields.c !== undefined) await open(originOf(fields.c), { slot: 'b' });
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

async function unpacked(text: string | undefined): Promise<Extra> {
  if (text === undefined || text.length > MOST) return {};
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MOST * 4) return {};
      parts.push(value);
    }
    return checked(JSON.parse(await new Blob(parts).text()));
  } catch {
    return {}; // a link that was cut: the model itself is still worth opening
  }
}

/** Only what has the shape of formulas and devices is taken from a link. */
function checked(value: unknown): Extra {
  const { given, devices } = (value ?? {}) as { given?: unknown; devices?: unknown };
  const text = (x: unknown): string => (typeof x === 'string' ? x : '');
  const formulas: Record<string, GivenText> = {};
  if (typeof given === 'object' && given !== null)
    for (const [type, formula] of Object.entries(given as Record<string, Partial<GivenText> | null>))
      formulas[type] = { macs: text(formula?.macs), flops: text(formula?.flops) };
  const own = Array.isArray(devices) ? devices.filter(isDevice) : [];
  return { given: formulas, ...(own.length > 0 ? { devices: own } : {}) };
}
