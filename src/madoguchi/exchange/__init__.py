"""Contacts as tables: in from a CSV file, and out into one."""
