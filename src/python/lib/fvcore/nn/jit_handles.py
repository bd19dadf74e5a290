"""The values that fvcore's handles read: those of a trace, with their shapes."""


class Value:
    """A value of a trace: its shape alone."""

    def __init__(self, shape):
        self._shape = shape

    def isCompleteTensor(self):
        return self._shape is not None

    def type(self):
        return self

    def sizes(self):
        return self._shape

    def kind(self):
        return "TensorType"


def get_shape(val):
    return val.sizes()


def elementwise_flop_counter(input_scale=1, output_scale=0):
    def count(inputs, outputs):
        n = 0
        if input_scale:
            n += input_scale * _size(get_shape(inputs[0]))
        if output_scale:
            n += output_scale * _size(get_shape(outputs[0]))
        return n

    return count


def _size(shape):
    n = 1
    for d in shape:
        n *= d
    return n


def generic_activation_jit(op_name=None):
    return lambda inputs, outputs: _size(get_shape(outputs[0]))
