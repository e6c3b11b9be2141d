"""The verbs of the Account tab: reading the ledger, making a payment, settling one whose answer was lost."""
