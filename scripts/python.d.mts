export function buildChild(entry: string, outfile: string): Promise<void>;
