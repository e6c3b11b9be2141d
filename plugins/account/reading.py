"""The addresses of the pages on which an account is read."""


def include(config) -> None:
    """What is owed, visits and payments, statements, insurance, and what was paid in a year."""
    config.add_route("account.home", "", inherit_slash=True)
    config.add_route("account.ledger", "/visits")
    config.add_route("account.statements", "/statements")
    config.add_route("account.statement", "/statements/{statement_id}")
    config.add_route("account.statement_file", "/statements/{statement_id}/download")
    config.add_route("account.insurance", "/insurance")
    config.add_route("account.yearly", "/year")
    config.add_route("account.yearly_pdf", "/year/statement")
    config.add_route("account.yearly_csv", "/year/list")
