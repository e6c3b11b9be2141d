"""Tables: people, visits and ledgers as spreadsheets export them (CSV). Which column is which field is known, or said in a mapping file."""
