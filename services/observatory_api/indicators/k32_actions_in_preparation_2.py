"""Fiches en préparation : nombre de fiches action à l'état de brouillon ou soumises, pas encore validées.

Une fiche sans département est de toute la région : elle compte dans chaque département.
"""

from services.observatory_api.indicators.k32_actions_in_preparation import actions_in_preparation

actions_in_preparation_everywhere = actions_in_preparation.again(2, __doc__)
