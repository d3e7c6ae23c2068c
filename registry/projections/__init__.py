"""What the registry knows: the folds over its ledger."""

from registry.projections.folds import Look, Projections

__all__ = ["Look", "Projections"]
