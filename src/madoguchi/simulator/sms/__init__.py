"""The providers of short messages: an operator's message centre by SMPP, and three gateways by HTTP."""
