"""Gradients of convolutions, by name: each is as many products as the convolution."""

from ..autograd import refused

conv1d_input, conv2d_input, conv3d_input, conv1d_weight, conv2d_weight, conv3d_weight = (
    refused(f"torch.nn.grad.conv{n}d_{of}") for of in ("input", "weight") for n in (1, 2, 3)
)
