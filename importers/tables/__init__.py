"""
Shaping, without I/O: records in, rows of cells out.

values     one vendor value becomes one cell
flatten    a page of records becomes a page of rows
columns    headers people can read, each of them once
"""
