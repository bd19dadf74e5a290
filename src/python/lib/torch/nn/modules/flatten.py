"""Axes joined and parted."""

from ._simple import Simple, settings


@settings(start_dim=1, end_dim=-1)
class Flatten(Simple):
    def forward(self, input):
        return input.flatten(self.start_dim, self.end_dim)


@settings("dim", "unflattened_size")
class Unflatten(Simple):
    def forward(self, input):
        return input.unflatten(self.dim, self.unflattened_size)
