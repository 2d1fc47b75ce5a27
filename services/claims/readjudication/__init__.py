"""Re-adjudication (重新核算) of a person's year when a fact behind its settlements turns out to be different.

``core`` works out the year anew, ``service`` proposes, posts or waits for a second person, ``due`` says whose
year is to be looked at again.
"""
