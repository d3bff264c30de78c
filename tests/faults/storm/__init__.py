"""Load, faults at random moments, and a check that knows nothing of our code: `make faults`.

What customers wrote and what reached them is read from the simulator, what we have of it from the API. After each fault
everything has to come to rest, and then must agree.
"""
