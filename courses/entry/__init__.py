"""On what terms people come into a run: invitations, conditions, quotas of seats, the smallest group."""
