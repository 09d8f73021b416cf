"""The home of torch: building, running and counting networks."""

NO_NUMBERS = "on meta there are shapes and no numbers; {} one of the other devices"  # after what needs one
