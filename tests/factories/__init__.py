"""Rows for tests. Every factory says by its arguments what matters; defaults are plain."""
