/**
 * Code that is loaded once: `import()` looks for the module anew each time, which takes a hundredth of all that a small model
 * does.
 */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null; // a network may come back
      throw error;
    });
    return loaded;
  };
}
