"""Jalons tenus.

Part des jalons atteints au plus tard à leur échéance initiale, parmi les jalons non annulés dont l'échéance initiale tombe
dans la période. Les jalons d'une fiche qui n'est pas validée, et ceux qu'une action abandonnée laisse ouverts, ne comptent pas.

Un jalon sans département est de toute la région : il compte dans chaque département.
"""

from services.observatory_api.indicators.k06_milestones_on_time import milestones_on_time

milestones_on_time_everywhere = milestones_on_time.again(3, __doc__)
