// Comes in: a name and arguments. Goes out: a ready model built from `opcount/nn`, with names, arguments and module paths as
// torchvision has them. This is `opcount/models`, a public entry.
// Add here: a file in vision/ or yolo/, and a line in registry.ts; a language model is a description in language/families/.

export {
  type AttentionOptions,
  multihead_attention,
  type TransformerOptions,
  type TransformerStackOptions,
  transformer,
  transformer_decoder,
  transformer_encoder,
} from './attention.js';
export { gru, lstm, type RecurrentOptions, rnn } from './recurrent.js';
export { type AlexNetOptions, alexnet } from './vision/alexnet.js';
export type { ClassifierOptions } from './vision/blocks.js';
export {
  type ConvNeXtOptions,
  convnext_base,
  convnext_large,
  convnext_small,
  convnext_tiny,
} from './vision/convnext.js';
export { type DenseNetOptions, densenet121, densenet161, densenet169, densenet201 } from './vision/densenet.js';
export {
  type EfficientNetOptions,
  efficientnet_b0,
  efficientnet_b1,
  efficientnet_b2,
  efficientnet_b3,
  efficientnet_b4,
  efficientnet_b5,
  efficientnet_b6,
  efficientnet_b7,
  efficientnet_v2_l,
  efficientnet_v2_m,
  efficientnet_v2_s,
} from './vision/efficientnet.js';
export { type GoogLeNetOptions, googlenet } from './vision/googlenet.js';
export { type InceptionOptions, inception_v3 } from './vision/inception.js';
export { type MaxVitOptions, maxvit_t } from './vision/maxvit.js';
export { type MNASNetOptions, mnasnet0_5, mnasnet0_75, mnasnet1_0, mnasnet1_3 } from './vision/mnasnet.js';
export { type MobileNetV2Options, mobilenet_v2 } from './vision/mobilenetv2.js';
export { type MobileNetV3Options, mobilenet_v3_large, mobilenet_v3_small } from './vision/mobilenetv3.js';
export {
  type RegNetOptions,
  regnet_x_1_6gf,
  regnet_x_3_2gf,
  regnet_x_8gf,
  regnet_x_16gf,
  regnet_x_32gf,
  regnet_x_400mf,
  regnet_x_800mf,
  regnet_y_1_6gf,
  regnet_y_3_2gf,
  regnet_y_8gf,
  regnet_y_16gf,
  regnet_y_32gf,
  regnet_y_128gf,
  regnet_y_400mf,
  regnet_y_800mf,
} from './vision/regnet.js';
export {
  type ResNetOptions,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  wide_resnet50_2,
  wide_resnet101_2,
} from './vision/resnet.js';
export {
  type ShuffleNetV2Options,
  shufflenet_v2_x0_5,
  shufflenet_v2_x1_0,
  shufflenet_v2_x1_5,
  shufflenet_v2_x2_0,
} from './vision/shufflenetv2.js';
export { type SqueezeNetOptions, squeezenet1_0, squeezenet1_1 } from './vision/squeezenet.js';
export {
  type SwinTransformerOptions,
  swin_b,
  swin_s,
  swin_t,
  swin_v2_b,
  swin_v2_s,
  swin_v2_t,
} from './vision/swin_transformer.js';
export { type VGGOptions, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn } from './vision/vgg.js';
export {
  type VisionTransformerOptions,
  vit_b_16,
  vit_b_32,
  vit_h_14,
  vit_l_16,
  vit_l_32,
} from './vision/vision_transformer.js';
export {
  type YoloModelOptions,
  type YoloName,
  yolo,
  yolov5l,
  yolov5m,
  yolov5n,
  yolov5s,
  yolov5x,
} from './yolo/yolov5.js';
