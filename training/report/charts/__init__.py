"""Charts as SVG without scripts: small, sharp at any size, and coloured by the page, so that they are at home in the dark."""
