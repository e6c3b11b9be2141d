"""The wait list: who is told of an opening, in which order and when, and what they answer."""
