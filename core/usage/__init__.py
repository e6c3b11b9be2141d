"""How the portal is used, in numbers: who was invited, signed in, looked at what, and did what; never a name."""
