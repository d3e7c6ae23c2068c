"""What other check-in systems can be asked too: the same tasks over real HTTP."""
