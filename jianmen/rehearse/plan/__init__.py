"""`jianmen rehearse --plan`: queues at the gates over a morning, and how many kiosks they need."""
