import { type DType, parseDType } from '../../tensor/index.js';

/** A dtype by its name; null for one that opcount does not know. */
export function dtypeOf(name: string): DType | null {
  try {
    return parseDType(name);
  } catch {
    return null;
  }
}
