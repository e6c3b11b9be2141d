"""Patient pages of the Appointments tab, and those that anyone may open."""
