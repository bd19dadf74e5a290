"""Small parts that loading code imports."""

import logging as _logging

from .errors import (  # noqa: F401
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)


class logging:
    get_logger = staticmethod(_logging.getLogger)
    set_verbosity_error = set_verbosity_info = set_verbosity_warning = staticmethod(lambda: None)


def validate_hf_hub_args(function):
    return function


def are_progress_bars_disabled():
    return True


def disable_progress_bars():
    return None


enable_progress_bars = disable_progress_bars
