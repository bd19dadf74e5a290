/**
 * Models that compare images with texts, or describe them: two towers, or a tower whose tokens a decoder attends to.
 * In: a configuration. Out: an architecture that reads an image, a text, or both. Add here: a file with `families`, and
 * two lines below. A language model that reads images among its tokens is in ../multimodal/.
 */
import type { Builder } from '../../blocks/model.js';
import { families as blip } from './blip.js';
import { families as captions } from './captions.js';
import { families as clip } from './clip.js';
import { families as qformer } from './qformer.js';

export const imageText: Readonly<Record<string, Builder>> = {
  ...blip,
  ...captions,
  ...clip,
  ...qformer,
};
