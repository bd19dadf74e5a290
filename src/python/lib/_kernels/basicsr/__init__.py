"""basicsr: what networks of image restoration are built from."""
