"""Patterns as layers: see torch.py."""
