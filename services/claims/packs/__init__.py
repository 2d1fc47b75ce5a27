"""Publishing policy packs: prepared by one person, approved by another, in force in every process at once."""
