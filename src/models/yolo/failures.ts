import { ModelError, type ModelErrorCode } from '../../source/errors.js';
import type { LayerSpec, YoloConfig } from './config.js';

/** Makes the error to throw. `code` is `malformed` if not given. */
export type Fail = (message: string, hint?: string | null, code?: ModelErrorCode) => ModelError;

/** Errors of one layer: its index, its module and its line. */
export function failureAt(config: YoloConfig, spec: LayerSpec, i: number): Fail {
  const line = spec.line === undefined ? '' : `, line ${spec.line}`;
  return (message, hint = null, code = 'malformed') =>
    new ModelError(code, `${config.name}, layer ${i} (${spec.module}${line}): ${message}`, {
      format: 'yolo',
      at: { module: `model.${i}`, ...(spec.line === undefined ? {} : { field: `line ${spec.line}` }) },
      hint,
    });
}
