"""What tests, demo, measurements and rehearsals share: logs, processes, networks that fail, and waits."""
