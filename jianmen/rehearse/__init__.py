"""A rehearsal: a scenario run through the real rule book, journals and exchange, without hardware or sockets."""
