"""Jalons en souffrance : part des jalons ouverts dont l'échéance en vigueur est passée.

Les jalons encore ouverts d'une action qui n'est plus vivante ne comptent pas.

Un jalon sans département est de toute la région : il compte dans chaque département.
"""

from services.observatory_api.indicators.k08_milestones_overdue import milestones_overdue

milestones_overdue_everywhere = milestones_overdue.again(3, __doc__)
