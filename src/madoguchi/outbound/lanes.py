"""The two lanes of the queue: a campaign never delays an agent's reply."""

CONVERSATIONAL = 0
CAMPAIGNS = 1
