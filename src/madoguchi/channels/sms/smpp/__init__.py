"""SMPP 3.4 over TCP."""
