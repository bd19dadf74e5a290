"""Sequences of several lengths, packed: opcount runs them as if all had the longest."""

from ... import _factories, _types
from ..._tensor import Tensor


class PackedSequence:
    def __init__(self, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        self.data = data
        self.batch_sizes = batch_sizes
        self.sorted_indices = sorted_indices
        self.unsorted_indices = unsorted_indices
        self._padded = data

    def _with(self, padded):
        other = PackedSequence(padded, self.batch_sizes, self.sorted_indices, self.unsorted_indices)
        return other

    def to(self, *args, **kwargs):
        return self

    cpu = cuda = to


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    padded = input.transpose(0, 1) if batch_first else input
    return PackedSequence(padded)


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    padded = sequence._padded
    lengths = _factories.empty(padded.shape[1], dtype=_types.int64)
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    longest = max(s.shape[0] for s in sequences)
    rest = tuple(sequences[0].shape[1:])
    shape = (len(sequences), longest, *rest) if batch_first else (longest, len(sequences), *rest)
    return _factories.zeros(shape, dtype=sequences[0].dtype)


def pack_sequence(sequences, enforce_sorted=True):
    return PackedSequence(pad_sequence(sequences))


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    return list(padded_sequences.unbind(0 if batch_first else 1))


_ = Tensor
