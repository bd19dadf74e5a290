export function buildSite(folder: string): void;
