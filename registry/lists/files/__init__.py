"""Reading tables of cells from the files that organisers have: workbooks and delimited text."""
