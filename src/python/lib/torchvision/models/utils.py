"""Gone from newer versions, and still imported by older sources."""

from torch.hub import load_state_dict_from_url  # noqa: F401
