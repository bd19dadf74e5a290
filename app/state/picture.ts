import { STEPS } from '../ui/heat.js';
import { beginning } from '../ui/text.js';
import type { Paint } from './paint.js';

/** Properties that make a drawing look as it does; a file of its own has no stylesheet. */
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'letter-spacing',
  'text-anchor',
  'display',
] as const;

const SVG = 'http://www.w3.org/2000/svg';

/** Title and legend of a drawing that is saved as a file. */
export interface Frame {
  readonly title: string;
  readonly totals: string;
  readonly legend: string;
  /** Of the card, which has no legend of its own on the page: whether colours say how much is computed for each byte moved. */
  readonly heat: boolean;
  /** And the colours of its parts, with what they stand for, where colours say that. */
  readonly parts: Paint['parts'];
}

export interface Picture {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/** A drawing of the page with all that its styles say written into it. */
export function standalone(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = drawing.querySelectorAll<SVGElement>('*');
  for (const [i, element] of copy.querySelectorAll<SVGElement>('*').entries()) {
    const look = getComputedStyle(originals[i] as SVGElement);
    for (const property of LOOKS) {
      const value = look.getPropertyValue(property);
      if (value !== '') element.setAttribute(property, value.replaceAll('"', "'"));
    }
    for (const name of ['class', 'data-id', 'data-copies']) element.removeAttribute(name);
  }
  const hatch = document.getElementById('hatch');
  if (hatch !== null && copy.querySelector('[fill*="#hatch"]') !== null) {
    const defs = document.createElementNS(SVG, 'defs');
    const pattern = hatch.cloneNode(true) as Element;
    const line = pattern.querySelector('rect');
    const look = hatch.querySelector('rect');
    if (line !== null && look !== null) {
      line.setAttribute('fill', getComputedStyle(look).fill);
      line.setAttribute('opacity', getComputedStyle(look).opacity);
    }
    defs.append(pattern);
    copy.prepend(defs);
    for (const element of copy.querySelectorAll('[fill*="#hatch"]')) element.setAttribute('fill', 'url(#hatch)');
  }
  copy.removeAttribute('aria-hidden');
  copy.setAttribute('xmlns', SVG);
  return copy;
}

/** The drawing on show, with its name and totals above and its legend below. Null where there is none. */
export function svgOf(frame: Frame): (Picture & { readonly name: string }) | null {
  const own =
    document.querySelector<SVGSVGElement>('.drawing svg[data-whole]') ??
    document.querySelector<SVGSVGElement>('.drawing svg[data-drawing], .compare svg[data-drawing]');
  if (own === null && document.querySelector('.drawing [aria-busy=true], .drawing[aria-busy=true]') !== null)
    throw new Error('The drawing is not there yet. Try again in a moment.');
  const drawing = own ?? document.querySelector<SVGSVGElement>('.card svg[data-drawing]');
  if (drawing === null) return null;
  const { heat, parts } = own === null ? frame : legendOf(own);
  const { width, height } = drawing.getBoundingClientRect();
  const sheet = blankSheet(Math.max(480, width), height + 96);
  write(sheet, frame.title, 12, 26, 17, 600);
  write(sheet, frame.totals, 12, 47, 13);
  const inner = standalone(drawing);
  inner.setAttribute('x', String((sheet.width - width) / 2));
  inner.setAttribute('y', '60');
  sheet.svg.append(inner);
  const base = height + 84;
  write(sheet, frame.legend, 12, base, LEGEND_TEXT);
  if (heat) drawRamp(sheet, base);
  drawParts(sheet, parts, 12 + frame.legend.length * CHARACTER + 24, base);
  return {
    text: new XMLSerializer().serializeToString(sheet.svg),
    width: sheet.width,
    height: sheet.height,
    name: drawing.dataset['drawing']?.replace('card', 'treemap') ?? 'drawing',
  };
}

/** An empty picture in the colours and the font of the page. */
interface Sheet {
  readonly svg: SVGElement;
  readonly width: number;
  readonly height: number;
  readonly ink: string;
  readonly font: string;
}

/** Size of text in the legend, and the average width of its characters. */
const LEGEND_TEXT = 12.5;
const CHARACTER = 7;

function blankSheet(width: number, height: number): Sheet {
  const page = getComputedStyle(document.documentElement);
  const svg = element('svg', { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  svg.append(element('rect', { width: '100%', height: '100%', fill: page.backgroundColor }));
  return { svg, width, height, ink: page.color, font: page.fontFamily.replaceAll('"', "'") };
}

function write({ svg, ink, font }: Sheet, text: string, x: number, y: number, size: number, weight = 400): void {
  const line = element('text', {
    x,
    y,
    fill: ink,
    'font-family': font,
    'font-size': size,
    'font-weight': weight,
    opacity: 1,
  });
  line.textContent = text;
  svg.append(line);
}

/** The scale of intensity at the right end of the legend; `base` is the base line of its words. */
function drawRamp(sheet: Sheet, base: number): void {
  const from = sheet.width - 12 - STEPS * 20 - 64;
  write(sheet, 'moves data', from - 72, base, LEGEND_TEXT);
  const fills = coloursOf(Array.from({ length: STEPS }, (_, i) => `heat${i}`));
  for (const [i, fill] of fills.entries())
    sheet.svg.append(element('rect', { x: from + i * 20, y: base - 10, width: 20, height: 12, fill }));
  write(sheet, 'computes', from + STEPS * 20 + 8, base, LEGEND_TEXT);
}

/** As many parts as there is room for; the others have their names in the drawing. */
function drawParts(sheet: Sheet, parts: Frame['parts'], left: number, base: number): void {
  let from = left;
  const fills = coloursOf(parts.map(({ style }) => style));
  for (const [i, { text }] of parts.entries()) {
    const width = 16 + text.length * CHARACTER;
    if (from + width > sheet.width) return;
    sheet.svg.append(element('rect', { x: from, y: base - 10, width: 12, height: 12, fill: fills[i] ?? '' }));
    write(sheet, text, from + 16, base, LEGEND_TEXT);
    from += width + 16;
  }
}

/** The meaning of a drawing's colours, taken from the legend below it. */
function legendOf(drawing: Element): Pick<Frame, 'heat' | 'parts'> {
  const legend = drawing.closest('.drawing, .compare')?.querySelector('.legend');
  const swatches = [...(legend?.querySelectorAll('i[class^="part"]') ?? [])];
  return {
    heat: legend?.querySelector('.ramp') != null,
    parts: swatches.map((swatch) => ({
      style: swatch.className,
      text: swatch.parentElement?.textContent?.trim() ?? '',
    })),
  };
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** The colours of classes, as the page has them now. */
function coloursOf(classes: readonly string[]): string[] {
  const box = document.createElement('div');
  box.hidden = true;
  document.body.append(box);
  const colours = classes.map((name) => {
    const step = document.createElement('i');
    step.className = name;
    box.append(step);
    return getComputedStyle(step).backgroundColor;
  });
  box.remove();
  return colours;
}

/** Pixels on a side that every browser can draw. */
const LONGEST_SIDE = 16_000;

/** A picture as pixels, `most` of them to a CSS pixel, fewer where that is too large. Rejects where the browser cannot draw it. */
export async function pngOf({ text, width, height }: Picture, most: number): Promise<Blob> {
  const scale = Math.min(most, LONGEST_SIDE / Math.max(width, height));
  const image = new Image();
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    if (blob === null) throw new Error('this browser cannot make a PNG of it');
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A model's name as the beginning of a file's: letters, digits, dots and dashes, not hidden, not an option, not too long. */
export function fileStem(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/\.[a-z0-9]+$/i, '')
    .replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_')
    .replace(/^[.-]+|[.-]+$/g, '');
  return plain === '' ? 'model' : beginning(plain, 80);
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // A busy browser takes its time to save it.
  URL.revokeObjectURL(saving);
  saving = link.href;
}

let saving = '';
