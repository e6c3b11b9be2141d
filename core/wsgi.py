"""The WSGI application, for servers that import it by name."""

import gc

from core.app import main
from core.web.proxies import behind_proxies

app = behind_proxies(main())
# What the start has made stays for good: the collector need not walk over it with every few requests.
gc.collect()
gc.freeze()
