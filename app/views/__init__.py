"""Results to figures and tables; nothing is computed here."""
