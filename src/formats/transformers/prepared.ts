import { equal } from '../../dim/index.js';
import type { AnyLedger, Note } from '../../ledger/index.js';
import type { TraceOptions } from '../../models/language/trace.js';
import { isModelError, type Source } from '../../source/index.js';
import { parseObject } from './json.js';

const NAME = 'preprocessor_config.json';
const MAX_BYTES = 2 ** 20;
const MAX_SIDE = 2 ** 16;

type Inputs = NonNullable<TraceOptions['inputs']>;

/**
 * A model of images at the size that its preprocessor makes, where a `preprocessor_config.json` beside the configuration says another
 * than the model's own and the model takes it; with a note. `trace` reads the model at other inputs.
 */
export function asPrepared(source: Source, ledger: AnyLedger, trace: (inputs: Inputs) => AnyLedger): AnyLedger {
  const shape = ledger.inputs.find(({ name }) => name === 'pixel_values')?.value.type?.shape;
  if (shape?.length !== 4) return ledger;
  const size = sizeBeside(source);
  const [batch = 1, channels = 3, height = 0, width = 0] = shape;
  if (size === null || (equal(height, size[0]) && equal(width, size[1]))) return ledger;
  const words = `${NAME} makes images of ${size[0]}×${size[1]}`;
  const note = (message: string): Note => ({ code: 'assumed', message });
  try {
    const other = trace([{ name: 'pixel_values', shape: [batch, channels, ...size] }]);
    return { ...other, notes: [...other.notes, note(`${words}: counted at that size`)] };
  } catch (error) {
    if (!isModelError(error)) throw error;
    const own = `${String(height)}×${String(width)}`;
    return { ...ledger, notes: [...ledger.notes, note(`${words}, and the model takes ${own}: counted at that`)] };
  }
}

/** Height and width of the images that the preprocessor beside a configuration makes; null if it does not say. */
function sizeBeside(config: Source): readonly [number, number] | null {
  const file = config.sibling(NAME);
  if (file === undefined) return null;
  try {
    if (file.size > MAX_BYTES) return null;
    const fields = parseObject(new TextDecoder().decode(file.read(0, file.size)), file.name);
    const cut = fields['do_center_crop'] === false ? null : sizeIn(fields['crop_size']);
    return cut ?? (fields['do_resize'] === false ? null : sizeIn(fields['size']));
  } catch (error) {
    // A broken file beside a model does not keep the model from being read.
    if (isModelError(error)) return null;
    throw error;
  } finally {
    file.close?.();
  }
}

/** `224`, `{height, width}`, or the shorter side of an image that is cut to a square. */
function sizeIn(given: unknown): readonly [number, number] | null {
  const side = (n: unknown): number | null =>
    typeof n === 'number' && Number.isInteger(n) && n > 0 && n <= MAX_SIDE ? n : null;
  if (typeof given !== 'object' || given === null) {
    const one = side(given);
    return one === null ? null : [one, one];
  }
  const { height, width, shortest_edge: shortest, longest_edge: longest } = given as Readonly<Record<string, unknown>>;
  const [h, w] = [side(height), side(width)];
  if (h !== null && w !== null) return [h, w];
  const one = longest === undefined ? side(shortest) : null;
  return one === null ? null : [one, one];
}
