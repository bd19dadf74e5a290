"""Norms of flash_attn."""
