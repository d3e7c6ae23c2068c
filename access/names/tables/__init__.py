"""Generated tables: see setup/name_tables.py. Nothing here is edited by hand."""
