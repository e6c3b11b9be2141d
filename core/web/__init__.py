"""Everything between a service and a browser: pages, components, forms, safety headers, errors."""
