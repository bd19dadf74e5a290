export function obstacles(remote: string, read?: (path: string) => string): string[];
