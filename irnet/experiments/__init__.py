"""One question each: from settings to a frozen result. No plots and no state."""
