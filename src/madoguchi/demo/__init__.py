"""The demonstration: a coffee shop with its people, one WhatsApp number, and simulated customers."""
