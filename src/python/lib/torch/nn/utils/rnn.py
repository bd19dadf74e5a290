"""Sequences of several lengths, packed: recurrent layers do the steps that there are, and no others."""

from ... import _factories, _joins, _types
from ..._dispatch import apply
from ..._tensor import Tensor, from_data


class PackedSequence:
    """Rows step by step, and how many sequences each step still has. `_whole`: batch and longest length before packing."""

    def __init__(self, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        self.data = data
        self.batch_sizes = batch_sizes
        self.sorted_indices = sorted_indices
        self.unsorted_indices = unsorted_indices
        self._whole = None

    def _with(self, data):
        other = PackedSequence(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)
        other._whole = self._whole
        return other

    def __iter__(self):
        return iter((self.data, self.batch_sizes, self.sorted_indices, self.unsorted_indices))

    def __getitem__(self, i):
        return tuple(self)[i]

    def __opcount_tensors__(self):
        return [self.data]

    def to(self, *args, **kwargs):
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self, *args, **kwargs):
        return self

    cuda = pin_memory = cpu

    @property
    def is_cuda(self):
        return False


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    if not isinstance(lengths, Tensor):
        lengths = from_data(list(lengths), _types.int64)
    batch = input.shape[0 if batch_first else 1]
    if lengths.shape[0] != batch:
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.shape[0]} (batch_size={batch})")
    if enforce_sorted and lengths._known():
        known = lengths.tolist()
        if any(a < b for a, b in zip(known, known[1:])):
            raise RuntimeError(
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability."
            )
    data, sizes = apply("_pack_padded_sequence", (input, lengths, batch_first), None, "torch.nn.utils.rnn.pack_padded_sequence")
    packed = PackedSequence(data, sizes)
    if not enforce_sorted:
        packed.sorted_indices = packed.unsorted_indices = _factories.empty(batch, dtype=_types.int64)
    packed._whole = (batch, None if lengths._known() else input.shape[1 if batch_first else 0])
    return packed


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    batch = sequence._whole[0] if sequence._whole else None
    settings = {} if batch is None else {"batch": batch}
    args = (sequence.data, sequence.batch_sizes, batch_first, padding_value, total_length)
    return apply("_pad_packed_sequence", args, settings, "torch.nn.utils.rnn.pad_packed_sequence")


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    sequences = list(sequences)
    longest = max(s.shape[0] for s in sequences)
    padded = []
    for s in sequences:
        missing = longest - s.shape[0]
        if missing:
            fill = _factories.full((missing, *s.shape[1:]), padding_value, dtype=s.dtype)
            s = _joins.cat([s, fill] if padding_side == "right" else [fill, s], 0)
        padded.append(s)
    return _joins.stack(padded, 0 if batch_first else 1)


def pack_sequence(sequences, enforce_sorted=True):
    lengths = [s.shape[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    rows = padded_sequences.unbind(0 if batch_first else 1)
    return [r.narrow(0, 0, int(n)) for r, n in zip(rows, lengths)]


def unpack_sequence(packed_sequences):
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def invert_permutation(permutation):
    return None if permutation is None else _factories.empty(permutation.shape[0], dtype=_types.int64)
