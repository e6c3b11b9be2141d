"""How fast the portal is, beside yardsticks that run on the same machine in the same minutes. Run by `cuspid bench`."""
