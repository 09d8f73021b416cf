"""What the paper and the releases say of the networks: names, deviations, published figures, errata."""
