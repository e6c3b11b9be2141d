"""The WSGI application, for servers that import it by name."""

from core.app import main

app = main()
