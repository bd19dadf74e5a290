from _opcount.selective_scan import selective_scan_fn, selective_scan_ref  # noqa: F401
