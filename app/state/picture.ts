/** Properties that make a drawing look as it does; a file of its own has no stylesheet. */
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'display',
] as const;

/** The drawing on show as a file that stands alone. Null where there is none. */
export function svgOf(): {
  readonly text: string;
  readonly width: number;
  readonly height: number;
  readonly name: string;
} | null {
  const drawing = document.querySelector<SVGSVGElement>('svg[data-drawing]');
  if (drawing === null) return null;
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = drawing.querySelectorAll<SVGElement>('*');
  for (const [i, element] of copy.querySelectorAll<SVGElement>('*').entries()) {
    const look = getComputedStyle(originals[i] as SVGElement);
    for (const property of LOOKS) {
      const value = look.getPropertyValue(property);
      if (value !== '') element.setAttribute(property, value.replaceAll('"', "'"));
    }
    for (const name of ['class', 'data-id']) element.removeAttribute(name);
  }
  const { width, height } = drawing.getBoundingClientRect();
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', getComputedStyle(document.documentElement).backgroundColor],
  ] as const)
    paper.setAttribute(name, value);
  const box = drawing.getAttribute('viewBox')?.split(' ');
  if (box !== undefined)
    for (const [name, i] of [
      ['x', 0],
      ['y', 1],
    ] as const)
      paper.setAttribute(name, box[i] ?? '0');
  copy.prepend(paper);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const name = drawing.dataset['drawing'] ?? 'drawing';
  return { text: new XMLSerializer().serializeToString(copy), width, height, name };
}

/** The same as pixels, two to a CSS pixel. Rejects where the browser cannot draw it. */
export async function pngOf(): Promise<{ readonly blob: Blob; readonly name: string } | null> {
  const svg = svgOf();
  if (svg === null) return null;
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg.text], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(svg.width * 2);
    canvas.height = Math.round(svg.height * 2);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    return blob === null ? null : { blob, name: svg.name };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A model's name as the beginning of a file's: letters, digits, dots and dashes, not hidden, not an option, not too long. */
export function fileStem(name: string): string {
  const plain = name
    .replace(/\.[a-z0-9]+$/i, '')
    .replace(/[^\p{L}\p{N}_.-]+/gu, '_')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 80);
  return plain === '' ? 'model' : plain;
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
