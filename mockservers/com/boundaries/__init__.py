"""The walls of the domain: each module translates between it and one neighbour."""
