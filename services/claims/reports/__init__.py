"""Tables for the county: counted in the database, numerators and denominators beside each rate."""
