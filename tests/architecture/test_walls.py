"""Where the service itself acts in a caller's transaction: each place is one that a review has looked at."""

from collections import Counter

from tests.golden.snapshots import ROOT

AS_SERVICE = {
    "services/access_api/memberships/managers.py": 1,  # whether another manager stays
    "services/access_api/memberships/members.py": 1,  # since when an organisation has members
    "services/access_api/memberships/operations.py": 1,  # who has an address
    "services/access_api/notices/mailbox.py": 2,  # the page of what would go out, for who sits at this machine
    "services/access_api/notices/operations.py": 1,  # others are told of what a caller does
    "services/access_api/notices/unsubscribing.py": 1,  # who has a message has no token
    "services/access_api/tokens/operations.py": 1,  # whose secret it is
    "services/internships_api/offers/endings.py": 1,  # requests end with their offer
    "services/internships_api/offers/seats.py": 1,  # the weeks that placements have taken of an offer
    "services/internships_api/standing.py": 1,  # what stands on a unit follows it
    "services/kernel/data/names.py": 1,  # what bears a name follows it
    "services/recruitment_api/assignments/operations.py": 1,  # nobody has two posts of one need
    "services/recruitment_api/needs/endings.py": 1,  # applications end with their need
    "services/recruitment_api/needs/operations.py": 2,  # assignments are within their need, and as urgent
}
"""File → how often it passes every wall, for what follows from a caller's act or must hold whoever asks. Callers are shown none of it."""


def test_every_wall_is_passed_where_it_is_known_to_be_and_nowhere_else() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in sorted((ROOT / "services").rglob("*.py"))}
    found = Counter({name: source.count(".as_service()") for name, source in sources.items()})
    assert dict(+found) == AS_SERVICE
