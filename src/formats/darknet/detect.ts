/** Whether a text begins with `[net]`, comments and empty lines before it left out. */
export function isDarknet(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/[ \t]/g, '');
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) continue;
    return bare === '[net]' || bare === '[network]';
  }
  return false;
}
