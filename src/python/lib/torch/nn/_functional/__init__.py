"""The functions of `torch.nn.functional`, by kind: their arguments in PyTorch's order, the arithmetic by name in opcount's table."""
