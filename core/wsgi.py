"""The WSGI application, for servers that import it by name."""

import gc

from core.app import main
from core.web.proxies import behind_proxies

# Among what the start makes there is nothing to be found, and looking took a fifth of it.
gc.disable()
app = behind_proxies(main())
# What the start has made stays for good, so the collector need not walk over it; and a request makes some ten thousand objects
# that are gone with it, so it need not look after every seven hundred. Measured with 20,000: a page costs a fifth less.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 100)
gc.enable()
