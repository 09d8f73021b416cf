"""Networks beside each other: which place stands for which, and what differs there."""
