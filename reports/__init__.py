"""The result of a run, and everything that shows it: JSON, JUnit, HTML and the terminal summary.

A result is made elsewhere; here it is described, kept free of secrets, written, read back and shown.
"""
