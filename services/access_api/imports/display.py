"""Names as people write them: official files have them in capitals, which lists and pages should not shout.

Case is decided once, where names come in: what is stored as an entity's name is what every service and page shows, and the file's own
spelling is kept beside it, as `official_name`. Accents that the file lacks are not guessed.
"""

import re

_CAPITALS = (
    "ADAPEI ADMR AFM ANFH APAJH APEI APF ARS BTS CAARUD CADA CAMSP CAT CCAS CCS CH CHD CHI CHIC CHR CHRU CHRS CHS CHU CIAS CLIC CMP CMPP"
    " CMPR CMS CNP CPO CPTS CRA CRF CROUS CSAPA CSSR DITEP EAM EANM EEAP EHPA EHPAD EPMS EPSM EPSMS EPSYLAN ESAT ESBV ESEAN ESPIC ESSMS ETP"
    " FAM FEHAP FH FJT FSEF GCS GCSMS GHT GIE GIP HAD HDJ HIC HLM HME HPST ICO IDE IEM IFAP IFAS IFCS IFMK IFPS IFSI IFSO IME IMP IMPRO"
    " IRM IRTS ITEP LADAPT LAM LHSS LNA LVO MAPA MAS MCO MECS MFR MJC MR MSA MSP PASA PFR PHGNS PMI PSA PSM PSS PUI SA SAAD SAD SAMSAH"
    " SAMU SARL SAS SASU SAVS SCI SELARL SESSAD SIVU SMR SMUR SPASAD SSEFS SSESD SSIAD SSR UDAF UEAJ UEMA UGECAM UHR URPS USLD USP VYV"
)
_LOWER = "AU AUX CHEZ D DE DES DU EN ET OU PAR POUR SITE SOUS SUR À"
_ABBREVIATED = "BD CTRE DR MGR MLLE MME PDT ST STE STS"
_ACRONYMS, _SMALL = frozenset(_CAPITALS.split()), frozenset(_LOWER.split())
_ARTICLES = frozenset({"L", "LA", "LE", "LES"})
"""Small after a preposition alone: « de la Loire », but « Le Mans »."""
_WORDS = frozenset(_ABBREVIATED.split())
"""Words without a vowel that are no acronyms."""

_words = re.compile(r"[^\W\d_]+(?:\.(?=[^\W\d_]))?").sub
_after_preposition = re.compile(r"\b(?:À|CHEZ|DANS|DE|EN|ET|PAR|POUR|SOUS|SUR) \Z").search
_vowel = re.compile("[AEIOUYÀÂÉÈÊËÎÏÔÖÙÛÜŒÆ]").search
_roman = re.compile("X{0,3}(?:IX|IV|V?I{0,3})").fullmatch


def displayed(name: str) -> str:
    """A name that is all in capitals, in decent case; any other as it is."""
    return _words(_word, name) if name.isupper() else name


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if word in _ACRONYMS or word[-1] == "." or (len(word) > 1 and _roman(word)):
        return word
    before = found.string[: found.start()]
    if word in _SMALL:
        return word.lower() if before and not _part_ends(before) else word.capitalize()
    if word in _ARTICLES:
        return word.lower() if _after_preposition(before) else word.capitalize()
    if len(word) == 1 or (word not in _WORDS and not _vowel(word)):
        return word
    return word.capitalize()


def _part_ends(before: str) -> bool:
    """Whether a part of the name ends before a word: a dash between spaces, a colon, a bracket."""
    return before.rstrip()[-1:] in {"–", "(", ":"} or before.endswith(" - ")
