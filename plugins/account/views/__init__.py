"""The pages of the Account tab."""
