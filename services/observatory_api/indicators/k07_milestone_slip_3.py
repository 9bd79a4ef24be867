"""Décalage des jalons.

Nombre de jours entre l'échéance initiale et l'échéance en vigueur des jalons planifiés ou atteints, non annulés. Les jalons
d'une fiche qui n'est pas validée, et ceux qu'une action abandonnée laisse ouverts, ne comptent pas. Médiane et neuvième décile
sont des valeurs observées (rang le plus proche).

Un jalon sans département est de toute la région : il compte dans chaque département.
"""

from services.observatory_api.indicators.k07_milestone_slip import milestone_slip

milestone_slip_everywhere = milestone_slip.again(3, __doc__)
