"""Kannel's HTTP interface (smsbox)."""
