"""The product service of Glasshouse, in Python."""
