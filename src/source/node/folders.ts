/** `model.py`, `model.py:Net`, `model.py:build(width=64)`. */
export interface PythonText {
  readonly file: string;
  readonly target: string | null;
}

export function splitTarget(text: string): PythonText | null {
  const [, file, target] = /^(.+?\.py)(?::(.+))?$/is.exec(text) ?? [];
  return file === undefined || /^[a-z]+:\/\//i.test(file) ? null : { file, target: target ?? null };
}
