"""Disease programmes: lists of ICD-10 prefixes with age tests (大病专项救治, DOMAIN 3.2): data."""

from typing import NamedTuple

from services.claims.benefits.steps import Rule


class Disease(NamedTuple):
    """One disease of a programme. ``also`` (if not empty) asks for a further diagnosis beside the first."""

    name: str
    prefixes: tuple[str, ...]
    also: tuple[str, ...]
    min_age: int
    max_age: int


class Programme(NamedTuple):
    """A named list. ``main_only``: the main diagnosis (the first) has to be one of the list."""

    id: str
    title: str
    rule: Rule
    main_only: bool
    diseases: tuple[Disease, ...]

    def disease(self, diagnoses: tuple[str, ...], age: int) -> Disease | None:
        """The first disease of the list that these diagnoses show at this age."""
        looked_at = diagnoses[:1] if self.main_only else diagnoses
        for disease in self.diseases:
            if (
                disease.min_age <= age <= disease.max_age
                and any(code.startswith(disease.prefixes) for code in looked_at)
                and (not disease.also or any(code.startswith(disease.also) for code in diagnoses))
            ):
                return disease
        return None
