from mamba_ssm.ops.selective_scan_interface import selective_scan_fn, selective_scan_ref  # noqa: F401
