"""The catalogue: one module per chapter of the rule book, one function per rule.

What rules share (places in bodies, samples, the tables of the profiles) stands beside them in modules without
checks.
"""
