"""xformers: its attention and SwiGLU, by formula."""

__version__ = "0.0.32"
