"""Twilio's Programmable Messaging."""
