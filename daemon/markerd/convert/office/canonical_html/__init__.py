"""HTML made canonical: few elements, few attributes, nothing hidden, nothing that runs or is fetched."""
