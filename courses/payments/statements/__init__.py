"""Reading a bank's file: GPC (gpc.py) or CSV (table.py) into Lines (lines.py). Knows no database."""
