/** `import.meta.glob` of the test runner, for TypeScript; the build puts the sources in its place (scripts/python.mjs). */
interface Glob {
  glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Readonly<Record<string, string>>;
}

/** Our Python sources: text by path below `lib/`, `./lib/torch/__init__.py`. */
export const LIBRARY: Readonly<Record<string, string>> = (import.meta as ImportMeta & Glob).glob('./lib/**/*.py', {
  query: '?raw',
  import: 'default',
  eager: true,
});
