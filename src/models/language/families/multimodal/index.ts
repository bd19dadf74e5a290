/**
 * Language models that read images or sounds among their tokens: a tower, a projector, and a model from the other folders,
 * asked for by its type. In: a configuration with one inside for each part. Out: an architecture of all of them.
 * Add here: a file with `families`, and two lines below; `visionLanguage` in ../../blocks/ joins the parts.
 */
import type { Builder } from '../../blocks/model.js';
import { families as audioLanguage } from './audio-language.js';
import { families as chameleon } from './chameleon.js';
import { families as gemmaTowers } from './gemma-towers.js';
import { families as glmVision } from './glm-vision.js';
import { families as gotOcr } from './got-ocr.js';
import { families as janus } from './janus.js';
import { families as kosmos } from './kosmos.js';
import { families as llava } from './llava.js';
import { families as llavaVariants } from './llava-variants.js';
import { families as mllama } from './mllama.js';
import { families as resamplers } from './resamplers.js';

export const multimodal: Readonly<Record<string, Builder>> = {
  ...audioLanguage,
  ...chameleon,
  ...gemmaTowers,
  ...glmVision,
  ...gotOcr,
  ...janus,
  ...kosmos,
  ...llavaVariants,
  ...llava,
  ...mllama,
  ...resamplers,
};
