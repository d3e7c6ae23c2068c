"""The whole system on one machine, with people who come to its doors: what `jianmen demo` shows."""
