from django.db import models


class Settled(models.Model):
    """Constraints named in `settled` are kept by the verbs themselves, as when a new standard address takes the place
    of the old one: no form needs to refuse what the verb will settle."""

    settled: tuple[str, ...] = ()

    class Meta:
        abstract = True

    def get_constraints(self):
        return [
            (model, [each for each in found if each.name not in self.settled])
            for model, found in super().get_constraints()
        ]
