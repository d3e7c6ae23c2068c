"""What tests, demo, measurements and rehearsals share: processes, networks that fail, and waits for what they reach."""
