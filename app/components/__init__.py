"""Custom components of the app."""
