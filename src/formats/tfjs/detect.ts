const KEYS = /"(?:modelTopology|weightsManifest)"\s*:/;
const FORMATS = /"format"\s*:\s*"(?:graph-model|layers-model|tfjs-\w+)"/;

/** A manifest by itself: a list of groups, each with its files and weights. */
const GROUP = /^\s*\[\s*\{\s*"(?:weights|paths)"\s*:\s*\[/;

/** A JSON object that has a topology, a manifest of weights, or says which of the two kinds it is. */
export function isModelJson(head: Uint8Array): boolean {
  let i = head[0] === 0xef ? 3 : 0;
  while (i < head.length && (head[i] as number) <= 0x20) i++;
  const text = new TextDecoder().decode(head);
  if (head[i] === 0x5b) return GROUP.test(text.replace(/^\uFEFF/, ''));
  if (head[i] !== 0x7b) return false;
  return KEYS.test(text) || FORMATS.test(text);
}
