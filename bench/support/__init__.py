"""What the measurements share: made-up events and people, processes, figures."""
