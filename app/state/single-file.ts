import type { Loaded } from './model.js';
import { packed } from './pack.js';
import { savedOf } from './saved.js';

/**
 * The model on show as one HTML file that needs nothing else: this page's script and styles, and the model's counts. Its own
 * policy lets that script run and nothing be fetched. Rejects where the script is not available, as on a page without a server.
 */
export async function singleFile(loaded: Loaded): Promise<Blob> {
  const [script, style] = await Promise.all([text('single/page.js'), text('single/page.css')]);
  // Nothing in the script may look like its end.
  const code = script.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
  const hash = await sha256(code);
  const model = await packed(JSON.stringify(savedOf(loaded)));
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  const title = `${loaded.sheet.model.name} · opcount`.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return new Blob(
    [
      `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n`,
      `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<title>${title}</title>\n`,
      `<style>${style.replace(/<\/(style)/gi, '<\\/$1')}</style>\n</head>\n<body>\n<div id="page"></div>\n`,
      `<script type="application/octet-stream" id="model">${model}</script>\n`,
      `<script type="module">${code}</script>\n</body>\n</html>\n`,
    ],
    { type: 'text/html' },
  );
}

async function text(path: string): Promise<string> {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path} is not beside this page`);
  return response.text();
}

async function sha256(code: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
