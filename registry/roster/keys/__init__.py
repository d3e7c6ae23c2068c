"""Secret keys of the event: the keyring, keys that sign badges, the staff's key cards and the desk key they unlock."""
