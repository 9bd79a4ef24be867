"""Actions phares lancées : part des actions phares retenues qui ont démarré (en cours, suspendues, terminées ou évaluées).

Les actions abandonnées ne comptent pas.

Une action sans département est de toute la région : elle compte dans chaque département.
"""

from services.observatory_api.indicators.k04_flagship_launched import flagship_launched

flagship_launched_everywhere = flagship_launched.again(2, __doc__)
