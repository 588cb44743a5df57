"""Office packages (ECMA-376): their parts, and what several formats have in common."""
