"""Short messages, by one of several providers: CM.com, Twilio, Kannel, or an SMPP link to an operator."""
