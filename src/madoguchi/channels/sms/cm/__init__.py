"""CM.com's Business Messaging gateway."""
