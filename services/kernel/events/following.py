"""`plam follow`: consumers hold of an owner's entities what its rows now say, even where they hold a newer version."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from services.contracts.access import RevocationState
from services.contracts.envelope import Event, State
from services.kernel.data.completeness import rows_of
from services.kernel.data.conditions import among
from services.kernel.data.database import Database, Databases
from services.kernel.data.nouns import Noun
from services.kernel.data.records import Record
from services.kernel.data.saving import pseudonym, state_of
from services.kernel.data.service import Apply, Holdings, Received, Service
from services.kernel.events.resync import identifiers_of, restated
from services.kernel.events.revoked_holdings import RevokedHoldings

BATCH = 200
"""Entities a transaction: workers wait for those that it has locked."""


class NothingToFollowError(Exception):
    """No such entity: its service has no row of it, and nobody holds it."""


@dataclass
class Followed:
    """How many states were compared, how many consumers took one over, how many entities without a row went, how many had to stay."""

    compared: int = 0
    taken: int = 0
    dropped: int = 0
    left: int = 0


@dataclass(frozen=True, eq=False)
class Link:
    """One kind of entity between its owner and one consumer."""

    databases: Databases
    owner: Service
    noun: Noun
    consumer: Service

    @property
    def source(self) -> str:
        """The owner as events name it."""
        return f"/{self.owner.name}"

    @property
    def kind(self) -> str:
        """The kind of state."""
        return self.state.kind

    @property
    def state(self) -> type[State]:
        """The state that the owner sends."""
        assert self.noun.state is not None
        return self.noun.state

    @property
    def holdings(self) -> Holdings:
        """What the consumer holds."""
        if self.kind == RevocationState.kind:
            return RevokedHoldings()
        if self.consumer.holdings is None:
            raise LookupError(f"{self.consumer.name} ne dit pas ce qu'il tient.")
        return self.consumer.holdings

    @property
    def apply(self) -> Apply:
        """How the consumer applies events."""
        return self.consumer.hear

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Database]:
        """A transaction of the consumer's."""
        async with self.databases.open(self.consumer.name, "worker") as db:
            yield db

    async def said(self, identifiers: Collection[UUID]) -> Sequence[Received]:
        """What the owner's rows say at this moment."""
        async with self.databases.open(self.owner.name, "worker") as db:
            rows: list[Record] = await db.fetch(
                select(self.noun.table).where(among(col(self.noun.table.id), sorted(identifiers))).order_by(col(self.noun.table.id))
            )
        return [self._received(row) for row in rows]

    def key_of(self, identifier: UUID) -> str:
        """The entity as its events name it."""
        return str(pseudonym(self.databases.secret, identifier) if self.noun.pseudonymous else identifier)

    async def take(self, identifiers: Sequence[UUID]) -> int:
        """Makes the consumer hold what the owner's rows say of some entities; how many it held otherwise.

        What is missing or late is applied as its own event would be. What differs still is locked before the owner's rows are read
        again: no version that those lack can arrive meanwhile, so a higher one that is held is none of the owner's.
        """
        by_key = {self.key_of(identifier): identifier for identifier in identifiers}
        differing = await self._differing(identifiers)
        if not differing:
            return 0
        wrong = [by_key[key] for key in differing]
        async with self.held() as db:
            await self.apply(db, await self.said(wrong))
        if ahead := await self._differing(wrong):
            async with self.held() as db:
                await self.holdings.lower(db, self.source, self.kind, ahead)
                await self.apply(db, await self.said([by_key[key] for key in ahead]))
        return len(differing)

    async def gone(self) -> Sequence[str]:
        """The entities that are held and that the owner has no row of: what is held is read first, and rows are never deleted."""
        async with self.held() as db:
            keys = await self.holdings.keys(db, self.source, self.kind)
        async with self.databases.open(self.owner.name, "worker") as db:
            there = {subject for subject, *_ in await rows_of(db, self.noun)}
        return sorted(key for key in keys if key not in there)

    async def drop(self, keys: Sequence[str]) -> int:
        """Lets entities go; how many went."""
        dropped = 0
        for at in range(0, len(keys), BATCH):
            async with self.held() as db:
                dropped += await self.holdings.drop(db, self.source, self.kind, keys[at : at + BATCH])
        return dropped

    async def _differing(self, identifiers: Collection[UUID]) -> Sequence[str]:
        said = await self.said(identifiers)
        if not said:
            return []
        async with self.held() as db:
            return sorted(await self.holdings.differing(db, said))

    def _received(self, row: Record) -> Received:
        state = state_of(self.noun, row, self.databases.secret)
        return Received(Event.model_validate_json(restated(self.owner.name, state).event), state)


def links(databases: Databases, owner: Service, consumers: Mapping[str, Service], nouns: Sequence[Noun]) -> Sequence[Link]:
    """Every kind that an owner sends, to every consumer that hears it."""
    hearers = [(consumers[name], kinds) for name, kinds in owner.consumers.items()]
    return [Link(databases, owner, noun, hearer) for noun in nouns for hearer, kinds in hearers if noun.state and noun.state.kind in kinds]


async def follow(found: Sequence[Link], *, drops: bool, progress: Callable[[int], None] = lambda _count: None) -> Followed:
    """Makes every consumer follow every row, and with `drops` let go what has no row. Begun again, it does no harm.

    `drops` wants nothing on its way: an event of an entity that went would bring it back.
    """
    done = Followed()
    for link in found:
        async for identifiers in identifiers_of(link.databases, link.owner, link.noun, batch=BATCH):
            done.taken += await link.take(identifiers)
            done.compared += len(identifiers)
            progress(done.compared)
    left = {link: await link.gone() for link in found} if drops else {}
    went = 1
    while went:  # a copy may be needed by another one that goes
        went = 0
        for link, keys in left.items():
            if keys:
                went += await link.drop(keys)
                left[link] = await link.gone()
        done.dropped += went
    done.left = sum(map(len, left.values()))
    return done


async def follow_one(found: Sequence[Link], identifier: UUID, *, drops: bool) -> Followed:
    """The same of one entity, by the identifier of its row, or by the key that consumers hold. Raises `NothingToFollowError`."""
    done, known = Followed(), False
    for link in found:
        if await link.said([identifier]):
            done.compared, known = done.compared + 1, True
            done.taken += await link.take([identifier])
        else:
            keys = [key for key in await link.gone() if key in {str(identifier), link.key_of(identifier)}]
            dropped = await link.drop(keys) if drops else 0
            done.dropped, done.left, known = done.dropped + dropped, done.left + len(keys) - dropped, known or bool(keys)
    if not known:
        raise NothingToFollowError(f"{identifier} : le service n'en a pas de ligne, et personne n'en tient d'état.")
    return done
