/**
 * Encoders of images alone: convolutional networks, vision transformers, and mixtures of both, with heads that classify,
 * segment or detect. In: a configuration. Out: an architecture that reads one image a row.
 * Add here: a file with `families`, and two lines below. Patches and their layers are in ../../blocks/vit.ts.
 */
import type { Builder } from '../../blocks/model.js';
import { families as bit } from './bit.js';
import { families as convnets } from './convnets.js';
import { families as cvt } from './cvt.js';
import { families as detr } from './detr.js';
import { families as dinov3 } from './dinov3.js';
import { families as efficientnet } from './efficientnet.js';
import { families as focalnet } from './focalnet.js';
import { families as hgnet } from './hgnet.js';
import { families as hiera } from './hiera.js';
import { families as levit } from './levit.js';
import { families as mobile } from './mobile.js';
import { families as mobilevit } from './mobilevit.js';
import { families as mobilevitv2 } from './mobilevitv2.js';
import { families as poolformer } from './poolformer.js';
import { families as pvt } from './pvt.js';
import { families as segformer } from './segformer.js';
import { families as swiftformer } from './swiftformer.js';
import { families as swin } from './swin.js';
import { families as textnet } from './textnet.js';
import { families as vit } from './vit.js';
import { families as vitMae } from './vit-mae.js';
import { families as yolos } from './yolos.js';

export const vision: Readonly<Record<string, Builder>> = {
  ...bit,
  ...convnets,
  ...cvt,
  ...detr,
  ...dinov3,
  ...efficientnet,
  ...focalnet,
  ...hgnet,
  ...hiera,
  ...levit,
  ...mobile,
  ...mobilevit,
  ...mobilevitv2,
  ...poolformer,
  ...pvt,
  ...segformer,
  ...swiftformer,
  ...swin,
  ...textnet,
  ...vit,
  ...vitMae,
  ...yolos,
};
