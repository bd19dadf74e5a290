"""Datasets and loaders, to be defined and not to be read from."""

from ... import _noop


class Dataset:
    def __class_getitem__(cls, item):
        return cls

    def __add__(self, other):
        return self


class IterableDataset(Dataset):
    pass


class TensorDataset(Dataset):
    def __init__(self, *tensors):
        self.tensors = tensors

    def __getitem__(self, i):
        return tuple(t[i] for t in self.tensors)

    def __len__(self):
        return self.tensors[0].shape[0]


class Subset(Dataset):
    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices


class ConcatDataset(Dataset):
    def __init__(self, datasets):
        self.datasets = datasets


class Sampler:
    def __init__(self, *args, **kwargs):
        pass

    def __class_getitem__(cls, item):
        return cls


class RandomSampler(Sampler):
    pass


class SequentialSampler(Sampler):
    pass


class BatchSampler(Sampler):
    pass


class WeightedRandomSampler(Sampler):
    pass


class SubsetRandomSampler(Sampler):
    pass


class DistributedSampler(Sampler):
    """Divides data among devices: with one device, it has all of it."""

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas or 1, rank or 0
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return -(-len(self.dataset) // self.num_replicas)


class ChainDataset(IterableDataset):
    def __init__(self, datasets):
        self.datasets = datasets


class StackDataset(Dataset):
    def __init__(self, *args, **kwargs):
        self.datasets = args or kwargs


IterDataPipe, MapDataPipe = IterableDataset, Dataset


class DataLoader:
    def __init__(self, dataset, batch_size=1, *args, **kwargs):
        self.dataset, self.batch_size = dataset, batch_size

    def __class_getitem__(cls, item):
        return cls

    def __iter__(self):
        raise NotImplementedError(
            "torch.utils.data.DataLoader: opcount has no data to load; profile the model on a tensor of the batch's shape"
        )


def random_split(dataset, lengths, generator=None):
    return [Subset(dataset, range(0)) for _ in lengths]


get_worker_info = _noop.none
default_collate = default_convert = _noop.nothing
dataloader = _noop.module("torch.utils.data.dataloader", default_collate=default_collate, DataLoader=DataLoader)
distributed = _noop.module("torch.utils.data.distributed", DistributedSampler=DistributedSampler)
dataset = _noop.module("torch.utils.data.dataset", Dataset=Dataset)
sampler = _noop.module("torch.utils.data.sampler", Sampler=Sampler)
