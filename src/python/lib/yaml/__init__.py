"""YAML, read by the host."""

from _opcount import bridge

__version__ = "6.0"


class YAMLError(Exception):
    pass


class SafeLoader:
    pass


Loader = FullLoader = CLoader = CSafeLoader = UnsafeLoader = SafeLoader


def safe_load(stream):
    text = stream.read() if hasattr(stream, "read") else stream
    if isinstance(text, bytes):
        text = text.decode()
    try:
        return bridge.call("yaml", text)
    except bridge.OpcountError as e:
        raise YAMLError(str(e)) from None


def load(stream, Loader=None):
    return safe_load(stream)


full_load = unsafe_load = safe_load


def safe_dump(data, stream=None, **kwargs):
    import json

    text = json.dumps(data, default=str)
    return text if stream is None else stream.write(text)


dump = safe_dump
