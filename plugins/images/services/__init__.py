"""Images: `gallery` reads them, `adding` brings them in."""
