"""fvcore.common: what models import of it stands in for itself."""
