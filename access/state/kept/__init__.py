"""What a `LogState` keeps: entries, histories folded lately, and what is saved for the next start."""
