"""What kiosks, their registry and each other exchange: its time, bytes and memory."""
