/** A program of today's layout (PyTorch 2.8 and on), in a folder of the archive's own name. */
export const PROGRAM = /^(?:.*\/)?models\/([^/]+)\.json$/;
/** The same before: one file with everything. */
export const OLD_PROGRAM = /^(?:.*\/)?serialized_exported_program\.json$/;
/** A package that was compiled: machine code, and no graph. */
const COMPILED = /^(?:.*\/)?data\/aotinductor\//;

/** An archive that torch.export wrote, by the names of its entries. */
export function archived(names: readonly string[], name: string): 'certain' | 'likely' | 'no' {
  const marked = names.some((n) => /(^|\/)archive_format$/.test(n) || /(^|\/)data\/weights\//.test(n));
  if (names.some((n) => OLD_PROGRAM.test(n)) || (marked && names.some((n) => PROGRAM.test(n)))) return 'certain';
  return /\.pt2$/i.test(name) && names.some((n) => PROGRAM.test(n) || COMPILED.test(n)) ? 'likely' : 'no';
}

export function isCompiled(names: readonly string[]): boolean {
  return names.some((n) => COMPILED.test(n));
}
