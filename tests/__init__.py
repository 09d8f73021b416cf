"""Tests: each name is a sentence, each test checks one thing."""
