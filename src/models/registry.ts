import type { AnyModule } from '../torch/nn/index.js';

/** Builds a model. Options are those of the function of that name in `opcount/models`; an unknown one is an error. */
export type ModelFactory = (options?: Readonly<Record<string, unknown>>) => AnyModule;

/** A model that can be requested by name, without a file. */
export interface BuiltinModel {
  readonly name: string;
  /** As its authors write it. */
  readonly title: string;
  readonly family: string;
  /** Shapes that it is profiled with where none are given; batch 1 for the classifiers. */
  readonly inputs: readonly (readonly number[])[];
  /** Loads the family's code, and no other's. */
  load(): Promise<ModelFactory>;
}

type FactoryNames<M> = { [K in keyof M]: M[K] extends (options?: never) => AnyModule ? K : never }[keyof M] & string;
type Titles<M> = { readonly [K in FactoryNames<M>]: string | readonly [title: string, ...inputs: number[][]] };

/** The models of one file, each by the name of its factory. The types hold the table to what the file exports. */
function family<M extends object>(
  title: string,
  open: () => Promise<M>,
  models: Titles<M>,
  inputs: readonly (readonly number[])[] = [[1, 3, 224, 224]],
): BuiltinModel[] {
  return (Object.keys(models) as (keyof Titles<M>)[]).map((name) => {
    const row: string | readonly [string, ...number[][]] = models[name];
    const [own, ...shapes] = typeof row === 'string' ? [row] : row;
    return {
      name,
      title: own,
      family: title,
      inputs: shapes.length > 0 ? shapes : inputs,
      load: async () => (await open())[name as keyof M] as ModelFactory,
    };
  });
}

const MODELS: readonly BuiltinModel[] = [
  ...family('AlexNet', () => import('./vision/alexnet.js'), { alexnet: 'AlexNet' }),
  ...family('ConvNeXt', () => import('./vision/convnext.js'), {
    convnext_tiny: 'ConvNeXt-T',
    convnext_small: 'ConvNeXt-S',
    convnext_base: 'ConvNeXt-B',
    convnext_large: 'ConvNeXt-L',
  }),
  ...family('DenseNet', () => import('./vision/densenet.js'), {
    densenet121: 'DenseNet-121',
    densenet161: 'DenseNet-161',
    densenet169: 'DenseNet-169',
    densenet201: 'DenseNet-201',
  }),
  ...family('EfficientNet', () => import('./vision/efficientnet.js'), {
    efficientnet_b0: 'EfficientNet-B0',
    efficientnet_b1: 'EfficientNet-B1',
    efficientnet_b2: 'EfficientNet-B2',
    efficientnet_b3: 'EfficientNet-B3',
    efficientnet_b4: 'EfficientNet-B4',
    efficientnet_b5: 'EfficientNet-B5',
    efficientnet_b6: 'EfficientNet-B6',
    efficientnet_b7: 'EfficientNet-B7',
    efficientnet_v2_s: 'EfficientNetV2-S',
    efficientnet_v2_m: 'EfficientNetV2-M',
    efficientnet_v2_l: 'EfficientNetV2-L',
  }),
  ...family('GoogLeNet', () => import('./vision/googlenet.js'), { googlenet: 'GoogLeNet' }),
  ...family('Inception', () => import('./vision/inception.js'), { inception_v3: ['Inception v3', [1, 3, 299, 299]] }),
  ...family('MaxViT', () => import('./vision/maxvit.js'), { maxvit_t: 'MaxViT-T' }),
  ...family('MNASNet', () => import('./vision/mnasnet.js'), {
    mnasnet0_5: 'MNASNet 0.5',
    mnasnet0_75: 'MNASNet 0.75',
    mnasnet1_0: 'MNASNet 1.0',
    mnasnet1_3: 'MNASNet 1.3',
  }),
  ...family('MobileNetV2', () => import('./vision/mobilenetv2.js'), { mobilenet_v2: 'MobileNetV2' }),
  ...family('MobileNetV3', () => import('./vision/mobilenetv3.js'), {
    mobilenet_v3_large: 'MobileNetV3-Large',
    mobilenet_v3_small: 'MobileNetV3-Small',
  }),
  ...family('RegNet', () => import('./vision/regnet.js'), {
    regnet_x_400mf: 'RegNetX-400MF',
    regnet_x_800mf: 'RegNetX-800MF',
    regnet_x_1_6gf: 'RegNetX-1.6GF',
    regnet_x_3_2gf: 'RegNetX-3.2GF',
    regnet_x_8gf: 'RegNetX-8GF',
    regnet_x_16gf: 'RegNetX-16GF',
    regnet_x_32gf: 'RegNetX-32GF',
    regnet_y_400mf: 'RegNetY-400MF',
    regnet_y_800mf: 'RegNetY-800MF',
    regnet_y_1_6gf: 'RegNetY-1.6GF',
    regnet_y_3_2gf: 'RegNetY-3.2GF',
    regnet_y_8gf: 'RegNetY-8GF',
    regnet_y_16gf: 'RegNetY-16GF',
    regnet_y_32gf: 'RegNetY-32GF',
    regnet_y_128gf: 'RegNetY-128GF',
  }),
  ...family('ResNet', () => import('./vision/resnet.js'), {
    resnet18: 'ResNet-18',
    resnet34: 'ResNet-34',
    resnet50: 'ResNet-50',
    resnet101: 'ResNet-101',
    resnet152: 'ResNet-152',
    resnext50_32x4d: 'ResNeXt-50 32×4d',
    resnext101_32x8d: 'ResNeXt-101 32×8d',
    resnext101_64x4d: 'ResNeXt-101 64×4d',
    wide_resnet50_2: 'Wide ResNet-50-2',
    wide_resnet101_2: 'Wide ResNet-101-2',
  }),
  ...family('ShuffleNetV2', () => import('./vision/shufflenetv2.js'), {
    shufflenet_v2_x0_5: 'ShuffleNetV2 0.5×',
    shufflenet_v2_x1_0: 'ShuffleNetV2 1.0×',
    shufflenet_v2_x1_5: 'ShuffleNetV2 1.5×',
    shufflenet_v2_x2_0: 'ShuffleNetV2 2.0×',
  }),
  ...family('SqueezeNet', () => import('./vision/squeezenet.js'), {
    squeezenet1_0: 'SqueezeNet 1.0',
    squeezenet1_1: 'SqueezeNet 1.1',
  }),
  ...family('Swin Transformer', () => import('./vision/swin_transformer.js'), {
    swin_t: 'Swin-T',
    swin_s: 'Swin-S',
    swin_b: 'Swin-B',
    swin_v2_t: 'Swin-T V2',
    swin_v2_s: 'Swin-S V2',
    swin_v2_b: 'Swin-B V2',
  }),
  ...family('VGG', () => import('./vision/vgg.js'), {
    vgg11: 'VGG-11',
    vgg11_bn: 'VGG-11 with batch norm',
    vgg13: 'VGG-13',
    vgg13_bn: 'VGG-13 with batch norm',
    vgg16: 'VGG-16',
    vgg16_bn: 'VGG-16 with batch norm',
    vgg19: 'VGG-19',
    vgg19_bn: 'VGG-19 with batch norm',
  }),
  ...family('Vision Transformer', () => import('./vision/vision_transformer.js'), {
    vit_b_16: 'ViT-B/16',
    vit_b_32: 'ViT-B/32',
    vit_l_16: 'ViT-L/16',
    vit_l_32: 'ViT-L/32',
    vit_h_14: 'ViT-H/14',
  }),
  ...family(
    'YOLOv5',
    async () => (await import('./yolo/yolov5.js')).YOLO,
    {
      yolov5n: 'YOLOv5n',
      yolov5s: 'YOLOv5s',
      yolov5m: 'YOLOv5m',
      yolov5l: 'YOLOv5l',
      yolov5x: 'YOLOv5x',
      yolov5n6: 'YOLOv5n6',
      yolov5s6: 'YOLOv5s6',
      yolov5m6: 'YOLOv5m6',
      yolov5l6: 'YOLOv5l6',
      yolov5x6: 'YOLOv5x6',
      'yolov5n-seg': 'YOLOv5n-seg',
      'yolov5s-seg': 'YOLOv5s-seg',
      'yolov5m-seg': 'YOLOv5m-seg',
      'yolov5l-seg': 'YOLOv5l-seg',
      'yolov5x-seg': 'YOLOv5x-seg',
      'yolov5s-LeakyReLU': 'YOLOv5s with leaky ReLU',
      'yolov5s-ghost': 'YOLOv5s with ghost convolutions',
      'yolov5s-transformer': 'YOLOv5s with a transformer stage',
      'yolov5-bifpn': 'YOLOv5l with a BiFPN head',
      'yolov5-fpn': 'YOLOv5l with an FPN head',
      'yolov5-p2': 'YOLOv5l with maps from stride 4',
      'yolov5-p34': 'YOLOv5s with maps at strides 8 and 16',
      'yolov5-p6': 'YOLOv5l with maps to stride 64',
      'yolov5-p7': 'YOLOv5l with maps to stride 128',
      'yolov5-panet': 'YOLOv5l with a PANet head',
      yolov3: 'YOLOv3',
      'yolov3-spp': 'YOLOv3-SPP',
      'yolov3-tiny': 'YOLOv3-tiny',
    },
    [[1, 3, 640, 640]],
  ),
  ...family('Recurrent layers', () => import('./recurrent.js'), {
    lstm: ['LSTM 64→128, 2 layers', [100, 1, 64]],
    gru: ['GRU 64→128, 2 layers', [100, 1, 64]],
    rnn: ['RNN 64→128, 2 layers', [100, 1, 64]],
  }),
  ...family('Attention layers', () => import('./attention.js'), {
    multihead_attention: ['Multi-head attention, 256 wide, 8 heads', [2, 16, 256], [2, 16, 256], [2, 16, 256]],
    transformer: ['Transformer, PyTorch’s defaults', [10, 32, 512], [20, 32, 512]],
    transformer_encoder: ['Transformer encoder, 2 layers, 256 wide', [16, 2, 256]],
    transformer_decoder: ['Transformer decoder, 2 layers, 256 wide', [16, 2, 256], [16, 2, 256]],
  }),
];

/** All built-in models by name, a family after the other. */
export const BUILTIN: ReadonlyMap<string, BuiltinModel> = new Map(MODELS.map((model) => [model.name, model]));
