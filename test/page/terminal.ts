/** What a terminal shows, as an SVG: lines of text in a fixed grid, with the colours that the command writes. */
export interface TerminalColours {
  readonly paper: string;
  readonly ink: string;
  readonly soft: string;
  /** By the number of ANSI: 31 red, 32 green, 33 yellow, 34 blue, 35 magenta, 36 cyan. */
  readonly ansi: Readonly<Record<number, string>>;
}

export const LIGHT: TerminalColours = {
  paper: '#f7f5f0',
  ink: '#1a1916',
  soft: '#6b675f',
  ansi: { 31: '#b42318', 32: '#2f6b2f', 33: '#8a5a00', 34: '#1f4f99', 35: '#7d3c98', 36: '#0f6674' },
};
export const DARK: TerminalColours = {
  paper: '#14130f',
  ink: '#ebe8e1',
  soft: '#9c978c',
  ansi: { 31: '#ff8a70', 32: '#8fce8f', 33: '#e6b450', 34: '#8ab4f8', 35: '#d3a4e8', 36: '#7fd0dc' },
};

const WIDTH = 7.83;
const LINE = 18;
const MARGIN = 16;

interface Look {
  readonly bold: boolean;
  readonly soft: boolean;
  readonly colour: number | null;
}

const PLAIN: Look = { bold: false, soft: false, colour: null };

/** `text` as a command prints it, escapes of colours and all. */
export function terminalSvg(text: string, { paper, ink, soft, ansi }: TerminalColours): string {
  const lines = text.replace(/\n+$/, '').split('\n').map(pieces());
  const columns = Math.max(...lines.map((line) => line.reduce((n, piece) => n + [...piece.text].length, 0)));
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * MARGIN), lines.length * LINE + 2 * MARGIN];
  const rows = lines.map((line, i) => {
    let at = 0;
    const spans = line.flatMap(({ text: own, look }) => {
      const from = at;
      at += [...own].length;
      const fill = look.soft ? soft : look.colour === null ? '' : (ansi[look.colour] ?? '');
      const style = `${fill === '' ? '' : ` fill="${fill}"`}${look.bold ? ' font-weight="700"' : ''}`;
      // Each run of words where its column is: spaces would be drawn as one.
      return [...own.matchAll(/\S+(?: \S+)*/g)].map(({ 0: words, index }) => {
        const x = (MARGIN + (from + [...own.slice(0, index)].length) * WIDTH).toFixed(1);
        const length = ([...words].length * WIDTH).toFixed(1);
        return `<tspan x="${x}" textLength="${length}"${style}>${inXml(words)}</tspan>`;
      });
    });
    return `<text y="${MARGIN + i * LINE + 13}">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" fill="${ink}">
<rect width="100%" height="100%" rx="6" fill="${paper}"/>
${rows.join('\n')}
</svg>
`;
}

/** Takes one line after the other: a look lasts until it is changed, over the ends of lines too. */
function pieces(): (line: string) => { readonly text: string; readonly look: Look }[] {
  let look = PLAIN;
  return (line) => {
    const out: { text: string; look: Look }[] = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    for (const [i, part] of line.split(/\u001b\[([\d;]*)m/).entries()) {
      if (i % 2 === 0) {
        if (part !== '') out.push({ text: part, look });
      } else for (const code of part.split(';')) look = after(look, Number(code));
    }
    return out;
  };
}

function after(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, soft: true };
  if (code === 22) return { ...look, bold: false, soft: false };
  if (code === 39) return { ...look, colour: null, soft: false };
  if (code === 90) return { ...look, soft: true };
  return code >= 31 && code <= 36 ? { ...look, colour: code } : look;
}

function inXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
