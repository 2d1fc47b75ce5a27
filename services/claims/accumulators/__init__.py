"""What a person has used of deductibles and caps in a year, and every movement that led there."""
