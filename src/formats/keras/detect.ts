import { isHdf5 } from '../../wire/hdf5/signature.js';

const CLASS = /"class_name"\s*:\s*"/;
const CONFIG = /"config"\s*:/;
/** TensorFlow.js wraps the same configuration. */
const WRAPPED = /"(?:modelTopology|weightsManifest)"\s*:/;

/** HDF5, or a JSON object that has a class and its configuration. */
export function detect(head: Uint8Array): 'certain' | 'likely' | 'no' {
  if (isHdf5(head)) return 'certain';
  let i = head[0] === 0xef ? 3 : 0;
  while (i < head.length && (head[i] as number) <= 0x20) i++;
  if (head[i] !== 0x7b) return 'no';
  const text = new TextDecoder().decode(head);
  return CLASS.test(text) && CONFIG.test(text) && !WRAPPED.test(text) ? 'certain' : 'no';
}

/** A `.keras` archive: its configuration, with its version or its weights beside it. */
export function isArchive(names: readonly string[]): boolean {
  return (
    names.includes('config.json') &&
    names.some((name) => name === 'metadata.json' || /^model\.weights\.(h5|npz|json)$/.test(name))
  );
}
