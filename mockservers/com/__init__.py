"""Customer order management: the orchestrator that owns the life of an order, in a domain of its own.

Nothing here is named after TM Forum but the modules in `boundaries`, which translate: one for each neighbour.
"""
