"""Couverture axes × objectifs.

Part des 28 cases (7 axes, 4 objectifs) où se trouve au moins une action retenue, ni brouillon ni abandonnée.

Une action sans département est de toute la région : elle compte dans chaque département.
"""

from services.observatory_api.indicators.k15_axis_objective_coverage import axis_objective_coverage

axis_objective_coverage_everywhere = axis_objective_coverage.again(2, __doc__)
