"""Errors of what is not there: a package that is not installed, a name that the library lacks; why, and what helps."""

import os

from . import bridge

OWN_REMEDY = "if the name is right, write the line in operators that opcount has, or export the model (torch.export, ONNX) and profile that"
REMEDY = "give the folder that has it with --python-path, or export the model (torch.export, ONNX) where it is installed"


class AbsentError(NotImplementedError):
    """A result of a package that is not installed is needed."""

    code = "unsupported"

    def __init__(self, message, *, hint=REMEDY):
        super().__init__(message)
        self.hint = hint


class AbsentAttribute(AbsentError, AttributeError):
    """The same where Python expects an AttributeError: `hasattr` is False."""


AbsentError.__module__ = AbsentAttribute.__module__ = "builtins"


def refuse(name, use="is needed here"):
    raise AbsentError(f"{name} {use}, and {why(name)}", hint=_remedy(name))


def lacking(name):
    """The error of a name that a module of the library does not have."""
    return AbsentAttribute(f"{name} is used, and {why(name)}", hint=_remedy(name))


def why(name):
    """Why a name is not there."""
    package = name.split(".")[0]
    own = os.path.exists(bridge.ROOT + package)
    return f"opcount's {package} does not have it" if own else f"the package {package} is not installed"


def _remedy(name):
    return OWN_REMEDY if name.split(".")[0] in ("torch", "numpy") else REMEDY
