"""Badges of lists of people: which, in which order, by which layout, and what was printed before."""
