"""Classes that Marker calls: the embedded models behind the interfaces of its builders, predictors and blocks."""
