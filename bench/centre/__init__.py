"""The registry as everybody at an event uses it, and how it bears a large one."""
