"""Transversalité : part des actions vivantes qui couvrent les trois secteurs (sanitaire, médico-social, social).

Une action sans département est de toute la région : elle compte dans chaque département.
"""

from services.observatory_api.indicators.k14_transversality import transversality

transversality_everywhere = transversality.again(2, __doc__)
