"""One value for all axes, or one per axis."""

from .._functional._lists import _ntuple, _pair, _quadruple, _single, _triple  # noqa: F401


def _reverse_repeat_tuple(t, n):
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size, defaults):
    if isinstance(out_size, int):
        return [out_size] * len(defaults)
    return [d if s is None else s for s, d in zip(out_size, defaults[-len(out_size) :])]


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
