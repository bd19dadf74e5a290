"""Helpers around training: names alone."""

import logging

from .registry import Registry  # noqa: F401


def get_root_logger(logger_name="basicsr", log_level=logging.INFO, log_file=None):
    return logging.getLogger(logger_name)


def scandir(dir_path, suffix=None, recursive=False, full_path=False):
    return iter(())
