// Builds the site: README and docs/ as pages, the library's reference under docs/api/, and the page for models under app/. Plain files with relative links, so that
// they may be served under any path: `node scripts/site.mjs [folder]` (site/ where left out), after a build.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Marked } from 'marked';
import { makeApi } from './api.mjs';

const root = resolve(import.meta.dirname, '..');

/** Markdown and place of each page, by the path of its source. */
async function pages() {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const written = [
    ['README.md', 'index.html'],
    ['README.zh-CN.md', 'zh-CN.html'],
    ['CONTRIBUTING.md', 'contributing.html'],
    ['CHANGELOG.md', 'changelog.html'],
    ...docs.map((name) => [`docs/${name}`, `docs/${name.replace(/\.md$/, '.html')}`]),
  ].map(([path, place]) => [path, { markdown: readFileSync(join(root, path), 'utf8'), place }]);
  return new Map([...written, ...(await reference())]);
}

/** The pages of the library's reference. */
async function reference() {
  const folder = mkdtempSync(join(tmpdir(), 'opcount-api-'));
  try {
    return (await makeApi(folder)).map((path) => [
      `docs/api/${path}`,
      {
        markdown: readFileSync(join(folder, path), 'utf8'),
        place: `docs/api/${path.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html')}`,
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const inHtml = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

/** The name of a heading in an address, as code hosts make it. */
const slug = (text) =>
  text
    .toLowerCase()
    .replace(/<[^>]+>|[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** A page of Markdown as HTML; `path` is where its source is, to which links are relative. */
function htmlOf(markdown, path, all, copied) {
  const own = all.get(path).place;
  const headings = new Map();
  /** A second heading of the same words is told apart by a number. */
  function anchor(name) {
    const times = headings.get(name) ?? 0;
    headings.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  }
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchor(slug(text))}">${text}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${inHtml(placeOf(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  function placeOf(href) {
    if (/^(?:[a-z]+:|#)/i.test(href)) return href;
    const [file, hash] = href.split('#');
    const target = join(dirname(path), file);
    const page = all.get(target)?.place;
    // Files that are not pages of the site are copied into it, so that no link is dead.
    if (page === undefined) copied.add(target);
    return `${relative(dirname(own), page ?? target) || '.'}${hash === undefined ? '' : `#${hash}`}`;
  }
  return marked.parse(markdown);
}

const STYLE = `:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent)}
body{margin:0;font:16px/1.6 system-ui,sans-serif}
nav{padding:.6rem 1rem;border-bottom:1px solid var(--line)}nav a{margin-right:1rem;white-space:nowrap}
main{max-width:62rem;margin:0 auto;padding:1rem}
pre{overflow-x:auto;padding:.8rem;border:1px solid var(--line);border-radius:6px;font-size:13px;line-height:1.4}
code{font-family:ui-monospace,monospace}:not(pre)>code{font-size:.9em}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left}
`;

/** The runtime for models in the page, where its package is installed: by far the largest files of the site, fetched on demand. */
const RUNTIME = [
  'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
];

function copyRuntime(folder) {
  let from;
  try {
    from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  } catch {
    return;
  }
  for (const name of RUNTIME) cpSync(join(from, name), join(folder, name));
}

/** The reference, in which links to headings that are not there lead to the page alone. */
function withoutLostAnchors(page, html, made) {
  return html.replace(/href="([^"#:]*)#([^"]+)"/g, (link, path, hash) => {
    const target = made.get(path === '' ? page : join(dirname(page), path));
    if (target === undefined || target.includes(`id="${hash}"`)) return link;
    const plain = hash.replace(/-\d+$/, '');
    return target.includes(`id="${plain}"`) ? `href="${path}#${plain}"` : `href="${path || '#'}"`;
  });
}

/** The whole site into a folder. */
export async function buildSite(folder) {
  if (!existsSync(join(root, 'dist/app/index.html'))) throw new Error('dist/app is not built: npm run build');
  rmSync(folder, { recursive: true, force: true });
  const all = await pages();
  const copied = new Set();
  const made = new Map();
  for (const [path, { markdown, place: page }] of all) {
    const title = /^# (.+)$/m.exec(markdown)?.[1] ?? 'opcount';
    const up = relative(dirname(page), '.') || '.';
    const links = [
      ['Start', 'index.html'],
      ['The page', 'app/index.html'],
      ...[...all]
        .filter(([p]) => /^docs\/[^/]+$/.test(p))
        .map(([p, { place }]) => [p.replace(/^docs\/|\.md$/g, ''), place]),
      ['reference', 'docs/api/index.html'],
    ].map(([text, to]) => `<a href="${up}/${to}">${text}</a>`);
    const html = `<!doctype html>
<html lang="${path.includes('zh-CN') ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${inHtml(title)}</title>
<link rel="stylesheet" href="${up}/site.css">
</head>
<body>
<nav>${links.join('\n')}</nav>
<main>
${htmlOf(markdown, path, all, copied)}</main>
</body>
</html>
`;
    made.set(page, html);
  }
  for (const [page, html] of made) {
    const to = join(folder, page);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, page.startsWith('docs/api/') ? withoutLostAnchors(page, html, made) : html);
  }
  writeFileSync(join(folder, 'site.css'), STYLE);
  for (const path of copied)
    if (existsSync(join(root, path))) cpSync(join(root, path), join(folder, path), { recursive: true });
  cpSync(join(root, 'docs/pictures'), join(folder, 'docs/pictures'), { recursive: true });
  cpSync(join(root, 'dist/app'), join(folder, 'app'), { recursive: true });
  copyRuntime(join(folder, 'app/onnxruntime'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await buildSite(process.argv[2] ?? join(root, 'site'));
