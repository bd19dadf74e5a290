/** Keys at the beginning of a line, or of a JSON object. */
const key = (name: string): RegExp => new RegExp(`(?:^|[{,\\s])["']?${name}["']?\\s*:`, 'm');
const [BACKBONE, HEAD, MULTIPLE] = [key('backbone'), key('head'), key('(?:depth|width)_multiple')];

/** Whether the first bytes of a file, and its name, are those of a YOLOv5 description: YAML with a backbone and a head. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  if (head.includes(0)) return 'no';
  // Comments may name anything.
  const text = new TextDecoder().decode(head).replace(/(?:^|\s)#.*$/gm, '');
  const named = /\.ya?ml$/i.test(name.replace(/[?#].*$/, ''));
  const [backbone, neck, multiple] = [BACKBONE, HEAD, MULTIPLE].map((pattern) => pattern.test(text));
  if (backbone && neck && multiple) return 'certain';
  // The head may begin after the bytes that are seen; and a description that lacks a key is told so by its reader.
  return (backbone && neck) || (named && (backbone || neck || multiple)) ? 'likely' : 'no';
}
