"""Experiments: a question each, from settings to a frozen result."""
