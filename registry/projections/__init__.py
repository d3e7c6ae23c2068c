"""What the registry knows: the folds over its ledger."""

from registry.projections.folds import Projections

__all__ = ["Projections"]
