"""The portal itself: requests, sign-in, people, records in and out, the plugin host. Knows no tab."""
