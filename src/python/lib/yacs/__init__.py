"""Configurations of yacs."""
