/**
 * Models of sound: encoders of samples, and codecs. In: a configuration. Out: an architecture that reads samples.
 * The encoder of mel frames is here as well; Whisper, which is one with a decoder of text, is in ../seq2seq/.
 * Add here: a file with `families`, and two lines below.
 */
import type { Builder } from '../../blocks/model.js';
import { families as encodec } from './encodec.js';
import { families as wav2vec } from './wav2vec.js';

export const speech: Readonly<Record<string, Builder>> = {
  ...encodec,
  ...wav2vec,
};
