"""Parallel training: one process here."""

from torch.nn import SyncBatchNorm  # noqa: F401
from torch.nn.parallel import DistributedDataParallel  # noqa: F401


def convert_syncbn_model(module, process_group=None, channel_last=False):
    return SyncBatchNorm.convert_sync_batchnorm(module)
