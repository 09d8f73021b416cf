"""Answers read off the rows: tables, counts and comparisons. No torch."""
