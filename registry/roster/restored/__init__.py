"""What a database that was put back from a backup learns of its people."""
