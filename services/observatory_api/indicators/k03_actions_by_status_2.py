"""Actions par statut : nombre d'actions du plan dans chaque statut, brouillons exclus.

Une action sans département est de toute la région : elle compte dans chaque département.
"""

from services.observatory_api.indicators.k03_actions_by_status import actions_by_status

actions_by_status_everywhere = actions_by_status.again(2, __doc__)
