const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A tar archive: headers of 512 bytes, contents rounded up. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const out: number[] = [];
  for (const [name, data] of Object.entries(files)) {
    const head = new Uint8Array(512);
    const put = (at: number, text: string): void => head.set(encode(text), at);
    put(0, name);
    put(100, '0000644\0');
    put(124, `${data.length.toString(8).padStart(11, '0')}\0`);
    put(148, '        ');
    put(156, '0');
    put(257, 'ustar\x0000');
    const sum = head.reduce((a, b) => a + b, 0);
    put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
    out.push(...head, ...data, ...new Array<number>((512 - (data.length % 512)) % 512).fill(0));
  }
  return Uint8Array.from([...out, ...new Array<number>(1024).fill(0)]);
}
