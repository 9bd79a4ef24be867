"""The catalogue of problems: what happened, and what to do, by the code that ends a problem's `type`."""

from collections.abc import Mapping
from typing import NamedTuple

from services.kernel.base.problems import every_problem

TOLD: Mapping[str, tuple[str, str]] = {
    "broken": (
        "Le service a rencontré une erreur qu'il n'attendait pas. Rien n'est enregistré.",
        "Réessayez ; si cela dure, donnez `request_id` au support : il retrouve la requête dans les journaux.",
    ),
    "bad-request": (
        "La requête ne se lit pas : son corps n'est pas du JSON, ou un en-tête est mal formé.",
        "Corrigez ce que dit `errors`.",
    ),
    "idempotency-key-missing": (
        "L'opération engage une place ou de l'argent, et la requête n'a pas de clé qui la distingue d'une autre.",
        "Envoyez l'en-tête `Idempotency-Key` avec une valeur neuve, par exemple un UUID, et gardez-la pour renvoyer la même requête.",
    ),
    "unauthenticated": (
        "La requête n'a pas de jeton, ou le jeton est périmé, d'une autre clé, ou mal formé.",
        "Envoyez `Authorization: Bearer` suivi d'un jeton en cours de validité, signé par une clé de ce serveur (son `PLAM_HOME`).",
    ),
    "revoked": (
        "Le jeton est bien formé, mais ce sur quoi il repose (personne, appartenance, organisation, clé d'accès) a été suspendu, fermé, "
        "révoqué ou modifié depuis qu'il est délivré.",
        "Demandez un nouveau jeton. S'il est refusé aussi, adressez-vous à votre gestionnaire, ou au pilotage.",
    ),
    "forbidden": (
        "Le jeton est bon, mais son rôle, son organisation ou ses départements ne permettent pas cela.",
        "Un jeton d'employeur ou d'institut nomme son organisation. Sinon, demandez ce droit au pilotage, ou adressez-vous à qui l'a ; "
        "`allowed_operations`, dans `live`, dit ce que vous pouvez faire d'une ressource.",
    ),
    "not-found": (
        "L'adresse n'existe pas, ou la ressource n'existe pas, ou vous ne la voyez pas : la réponse est la même.",
        "Vérifiez l'identifiant et le service dans l'adresse ; une liste ne donne que ce que vous voyez.",
    ),
    "method-not-allowed": ("L'adresse existe, mais pas avec cette méthode.", "L'en-tête `Allow` donne les méthodes permises."),
    "not-acceptable": (
        "La requête n'accepte pas le format que l'adresse donne.",
        "Envoyez `Accept: application/json`, ou pas d'en-tête `Accept`.",
    ),
    "request-timeout": ("Le corps de la requête n'est pas arrivé en entier à temps. Rien n'est enregistré.", "Renvoyez la requête."),
    "conflict": (
        "L'état actuel ne permet pas l'opération : ce qu'elle cite n'existe plus, ou une règle de la base la refuse.",
        "Relisez la ressource ; `allowed_operations` dit ce qui peut y être fait maintenant.",
    ),
    "move-refused": (
        "L'opération change un statut, et le statut actuel ne le permet pas.",
        "Relisez la ressource : `allowed_operations` dit ce que vous pouvez demander maintenant.",
    ),
    "already-exists": (
        "Une valeur qui doit être unique est déjà prise.",
        "Relisez la ressource qui la porte (`existing_id`, si vous la voyez), ou donnez une autre valeur.",
    ),
    "looks-twice": (
        "Une ressource presque semblable existe déjà : la requête est peut-être un doublon. Rien n'est créé.",
        "Relisez `existing_id` ; pour créer malgré tout, renvoyez la requête avec `?force=true`.",
    ),
    "request-in-flight": ("Une requête de même clé est encore en cours.", "Attendez, puis renvoyez la même requête avec la même clé."),
    "last-manager": (
        "L'organisation n'aurait plus personne pour gérer ses appartenances.",
        "Nommez-en d'abord un autre (`changeMembership`, ou `inviteMember`). Le pilotage seul met fin à l'appartenance du dernier.",
    ),
    "last-identity": (
        "Sans cette identité, la personne ne pourrait plus se connecter.",
        "Connectez-vous une fois par une autre identité, puis retirez celle-ci.",
    ),
    "role-not-allowed": (
        "L'organisation n'est pas de la nature que le rôle demande.",
        "Donnez un autre rôle, ou demandez au pilotage de changer les rôles de l'organisation (`changeOrganisation`).",
    ),
    "grant-too-wide": (
        "Personne ne donne plus qu'il n'a : un rôle que l'on n'a pas, ou que le pilotage seul donne, ou des départements hors des siens.",
        "Donnez moins, ou demandez-le à un gestionnaire qui l'a, ou au pilotage.",
    ),
    "organisation-not-active": (
        "L'organisation n'est pas en activité : personne ne commence à agir pour elle.",
        "Reprenez-la (`resumeOrganisation`) ou rouvrez-la (`reopenOrganisation`) d'abord, ou mettez fin à l'appartenance.",
    ),
    "concealed": (
        "Le site est fermé, ou le terrain de stage suspendu : rien n'y reçoit de réponse pour l'instant.",
        "`concealed` dit depuis quand et pourquoi ; on peut retirer, annuler ou clôturer, non répondre.",
    ),
    "organisation-has-children": (
        "Une organisation dont d'autres dépendent ne peut dépendre d'une autre.",
        "Rattachez d'abord ailleurs celles qui en dépendent.",
    ),
    "organisation-closed": ("L'organisation du site est fermée.", "Faites d'abord rouvrir l'organisation."),
    "action-ended": (
        "L'action est terminée, évaluée ou abandonnée : ses jalons font partie de son histoire.",
        "Terminée, elle se rouvre ; évaluée ou abandonnée, elle reste telle quelle.",
    ),
    "action-not-ready": ("Il manque à l'action ce que demande l'étape suivante.", "Complétez ce que dit `detail`, puis redemandez."),
    "capacity-lacking": (
        "Le terrain de stage n'a pas assez de places certaines semaines.",
        "Offrez moins de places, ou portez d'abord la capacité du terrain au nombre que dit `detail`.",
    ),
    "capacity-below-offered": (
        "La capacité demandée est inférieure à ce qui est déjà offert.",
        "Gardez au moins ce qui est offert, ou clôturez d'abord des offres.",
    ),
    "weeks-taken": ("Des stages sont confirmés sur ces semaines.", "Gardez ces semaines, ou annulez d'abord ces stages."),
    "unit-suspended": ("Le terrain de stage est suspendu.", "Reprenez d'abord le terrain."),
    "unit-site-closed": ("Le site du terrain de stage est fermé.", "Faites rouvrir le site, ou choisissez un terrain d'un site ouvert."),
    "offer-not-draft": (
        "L'offre est publiée, close ou annulée : on ne la change plus que dans certaines bornes.",
        "Close, elle se rouvre ; publiée, elle se corrige (`changeOffer`) et se redimensionne (`resizeOffer`).",
    ),
    "offer-not-open": (
        "L'offre n'est pas publiée, ou elle est finie.",
        "Choisissez une offre ouverte : `available=true` ne montre qu'elles.",
    ),
    "no-seat-left": ("L'offre n'a plus assez de places.", "Refusez la demande, ou offrez d'autres places."),
    "seats-taken": ("Des places de l'offre sont prises par des stages.", "Gardez-en au moins `taken`, ou annulez d'abord des stages."),
    "offer-has-placements": (
        "Des stages sont confirmés sur l'offre.",
        "Annulez-les d'abord, un par un ; ou clôturez l'offre, et ils restent.",
    ),
    "placement-over": ("Le stage est terminé ou annulé.", "Faites une nouvelle demande sur l'offre."),
    "institute-closed": ("L'institut est fermé.", "Refusez la demande, ou faites rouvrir l'institut."),
    "definition-already-switched": (
        "Cette définition est en vigueur, ou elle précède celle qui l'est.",
        "Choisissez une définition plus récente.",
    ),
    "scheme-not-draft": ("Le dispositif est actif : ce qu'il dit ne change plus.", "Retirez-le, et créez-en un autre sous un autre code."),
    "scheme-not-active": ("Le dispositif n'est pas actif.", "Choisissez un dispositif actif, ou activez celui-ci s'il est un brouillon."),
    "scheme-still-funded": ("Le dispositif a encore des enveloppes ouvertes.", "Clôturez-les d'abord."),
    "need-not-draft": (
        "Le besoin est publié : on ne le change plus que dans certaines bornes.",
        "Publié, il se corrige (`changeNeed`) ; expiré, il se prolonge (`prolongNeed`).",
    ),
    "headcount-below-filled": (
        "Des postes du besoin sont pourvus.",
        "Gardez-en au moins `filled_count`, ou annulez d'abord des affectations.",
    ),
    "need-not-ready": ("Il manque au besoin ce que demande sa publication.", "Complétez ce que dit `detail`, puis publiez."),
    "need-not-open": (
        "Le besoin ne cherche personne : c'est encore un brouillon, ou il est pourvu, annulé ou expiré.",
        "Brouillon, il se publie d'abord ; pourvu, on y ajoute un poste ; expiré, il se prolonge ; annulé, choisissez-en un autre.",
    ),
    "no-post-left": ("Tous les postes du besoin sont pourvus.", "Ajoutez un poste (`headcount`), ou annulez d'abord une affectation."),
    "need-prolonged-too-often": ("Le besoin a déjà été prolongé trois fois.", "Créez un nouveau besoin pour les postes qui restent."),
    "already-assigned": (
        "Cette personne a déjà un poste de ce besoin.",
        "Annulez d'abord son affectation (`existing_id`), ou refusez cette candidature.",
    ),
    "envelope-not-open": ("L'enveloppe est gelée ou close.", "Dégelez-la, ou rouvrez-la."),
    "envelope-exceeded": ("L'engagement dépasse ce qui reste de l'enveloppe.", "Engagez au plus `available_cents`, ou relevez le plafond."),
    "ceiling-below-committed": (
        "Le plafond passerait sous ce qui est engagé.",
        "Gardez un plafond plus haut de `shortfall_cents`, ou libérez d'abord des engagements.",
    ),
    "precondition-failed": (
        "La ressource a changé depuis que vous l'avez lue.",
        "Relisez-la, voyez si votre changement tient encore, et renvoyez-le avec son nouvel ETag dans `If-Match`.",
    ),
    "too-large": ("La requête dépasse la taille permise.", "Envoyez moins, ou en plusieurs fois."),
    "unsupported-media": ("Le corps n'est pas annoncé comme du JSON en UTF-8.", "Envoyez l'en-tête `Content-Type: application/json`."),
    "invalid": (
        "Un champ ou un paramètre manque, est inconnu, ou n'a pas la forme attendue.",
        "`errors` nomme chacun (un pointeur JSON dans le corps, ou le paramètre) et dit ce qui est attendu, avec un exemple.",
    ),
    "idempotency-key-reused": (
        "Cette clé a déjà servi à une autre requête, ou à un autre corps.",
        "Prenez une clé neuve pour une requête nouvelle ; pour renvoyer la même, ne changez rien.",
    ),
    "precondition-required": (
        "L'opération change une ressource sans dire quelle version vous avez lue.",
        'Envoyez dans `If-Match` l\'ETag que sa lecture a donné, avec ses guillemets : `If-Match: "3"`.',
    ),
    "unavailable": (
        "Le service ne peut pas répondre à temps, ou sa base ne répond pas.",
        "Réessayez après les secondes de `Retry-After`. Une écriture avec `Idempotency-Key` se renvoie sans risque d'être faite deux fois.",
    ),
}


OURS = "services."
"""Where the problems of this system are declared: a test may have one of its own."""


class ProblemSaid(NamedTuple):
    """A problem: its code, status and title, what happened, and what to do."""

    code: str
    status: int
    title: str
    happened: str
    remedy: str


def problems() -> list[ProblemSaid]:
    """Every problem that a service of this process may answer, by status. Raises `KeyError` for one that nobody explains."""
    known: dict[str, ProblemSaid] = {}
    for each in every_problem():
        if each.type not in known and each.__module__.startswith(OURS):
            happened, remedy = TOLD[each.type]
            known[each.type] = ProblemSaid(each.type, each.status, each.title, happened, remedy)
    return sorted(known.values(), key=lambda one: (one.status, one.code))
