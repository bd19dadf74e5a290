/**
 * The model types that can be built, one folder a kind. In: a model type, as configurations name it. Out: the function that
 * builds it. A folder imports only from those above it in this list. Add here: a family is a file in the folder of its kind
 * and two lines in that folder's index; a kind is a folder and two lines here.
 */
import { byName } from '../../../source/by-name.js';
import type { Builder } from '../blocks/model.js';
import { decoders } from './decoders/index.js';
import { encoders } from './encoders/index.js';
import { experts } from './experts/index.js';
import { imageText } from './image-text/index.js';
import { multimodal } from './multimodal/index.js';
import { recurrent } from './recurrent/index.js';
import { seq2seq } from './seq2seq/index.js';
import { speech } from './speech/index.js';
import { vision } from './vision/index.js';

/** Every model type that is built. */
export const FAMILIES: Readonly<Record<string, Builder>> = byName({
  ...decoders,
  ...experts,
  ...recurrent,
  ...encoders,
  ...vision,
  ...speech,
  ...imageText,
  ...seq2seq,
  ...multimodal,
});
