"""The WSGI application, for servers that import it by name."""

import gc

from core.app import main

app = main()
# What the start has made stays for good: the collector need not walk over it with every few requests.
gc.collect()
gc.freeze()
