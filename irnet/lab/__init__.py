"""The lab: what one picture meets on its way through a network, and one question a module about it."""
