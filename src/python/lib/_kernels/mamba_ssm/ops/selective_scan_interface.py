from _opcount.selective_scan import mamba_inner_fn, mamba_inner_ref, selective_scan_fn, selective_scan_ref  # noqa: F401
