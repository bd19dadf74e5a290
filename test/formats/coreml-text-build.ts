// Compiled programs of Core ML as text.
/** As the compiler of iOS 15 writes it: every value is a tensor. */
export const OLD = `program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-component-MIL", "5.33.4"}, {"coremltools-version", "6.3"}})]
{
    func main<ios15>(tensor<fp32, [1, 3, 32, 32]> image) [FlexibleShapeInformation = tuple<tuple<tensor<string, []>, dict<tensor<string, []>, tensor<int32, [?]>>>>((("DefaultShapes", {{"image", [1, 3, 32, 32]}})))] {
            tensor<string, []> to16 = const()[name = tensor<string, []>("to16"), val = tensor<string, []>("fp16")];
            tensor<fp16, [1, 3, 32, 32]> x = cast(dtype = to16, x = image)[name = tensor<string, []>("cast")];
            tensor<fp16, [8, 3, 3, 3]> w = const()[name = tensor<string, []>("w"), val = tensor<fp16, [8, 3, 3, 3]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
            tensor<fp16, [8]> b = const()[name = tensor<string, []>("b"), val = tensor<fp16, [8]>([0x1.8p-3, -0x1p+0, 0x0p+0, 1, 2, 3, 4, 5])];
            tensor<string, []> pt = const()[name = tensor<string, []>("pt"), val = tensor<string, []>("custom")];
            tensor<int32, [2]> st = const()[name = tensor<string, []>("st"), val = tensor<int32, [2]>([2, 2])];
            tensor<int32, [4]> pd = const()[name = tensor<string, []>("pd"), val = tensor<int32, [4]>([1, 1, 1, 1])];
            tensor<int32, [2]> dl = const()[name = tensor<string, []>("dl"), val = tensor<int32, [2]>([1, 1])];
            tensor<int32, []> gr = const()[name = tensor<string, []>("gr"), val = tensor<int32, []>(1)];
            tensor<fp16, [1, 8, 16, 16]> y = conv(bias = b, dilations = dl, groups = gr, pad = pd, pad_type = pt, strides = st, weight = w, x = x)[name = tensor<string, []>("net/conv")];
            tensor<fp16, [1, 8, 16, 16]> y2 = relu(x = y)[name = tensor<string, []>("net/relu")];
            tensor<int32, []> ax = const()[name = tensor<string, []>("ax"), val = tensor<int32, []>(1)];
            tensor<int32, []> two = const()[name = tensor<string, []>("two"), val = tensor<int32, []>(2)];
            tensor<fp16, [1, 4, 16, 16]> h_0, tensor<fp16, [1, 4, 16, 16]> h_1 = split(axis = ax, num_splits = two, x = y2)[name = tensor<string, []>("split")];
            tensor<bool, []> il = const()[name = tensor<string, []>("il"), val = tensor<bool, []>(false)];
            tensor<fp16, [1, 8, 16, 16]> out = concat(axis = ax, interleave = il, values = (h_1, h_0))[name = tensor<string, []>("concat")];
        } -> (out);
}`;

/** As that of iOS 18 writes it: numbers and texts are no tensors, spaces are few, values stand in place. */
export const NEW = `program(1.3)
[buildInfo = dict<string, string>({{"coremlc-version", "3505.4.1"}})]
{
  func main<ios18>(tensor<fp16, [1,4,8]> x, state<tensor<fp16, [1,4,8]>> kept) {
    tensor<fp16, [16,8]> w = const()[name=string("w"), val=tensor<fp16, [16,8]>(BLOBFILE(path=string("@model_path/weights/weight.bin"), offset=uint64(64)))];
    tensor<fp16, [16]> b = const()[name=string("b"), val=tensor<fp16, [16]>(BLOBFILE(path=string("@model_path/weights/weight.bin"), offset=uint64(640)))];
    tensor<fp16, [1,4,16]> y = linear(bias=b, weight=w, x=x)[name=string("y \\"quoted\\"")];
    tensor<fp16, [1,4,16]> z = mul(x=y, y=fp16(0x1p-1))[name=string("z")];
  } -> (z);
}`;
