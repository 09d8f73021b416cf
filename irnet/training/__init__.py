"""Training, many runs at a time: settings to a directory of results that outlives whoever asked for it."""
