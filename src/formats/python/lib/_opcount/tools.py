"""What counters' shims share."""


class FlopCounterMode:
    pass
