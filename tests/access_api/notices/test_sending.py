"""Notices go out by a real SMTP server: once, in text and HTML, tried again when they are refused; a digest is one message."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import time_machine
from structlog.testing import capture_logs

from services.access_api.notices import smtp
from services.access_api.notices.operations import next_digest
from services.access_api.notices.sending import AGAIN_AFTER, purge_notices, send_digests, send_notices
from services.access_api.notices.tables import NoticeStatus
from services.contracts.access import NoticeTopic
from services.kernel.base import clock
from services.kernel.data.database import Database, Databases
from tests.support.http import at, ok, problem_type
from tests.support.mail import UNKNOWN, Mailbox, a_person, notices_of, sending_by, smtp_server, told

ALL = "/access/v1/notices"
HALF_PAST_SIX = datetime(2026, 11, 27, 6, 30, tzinfo=clock.PARIS)
Sends = Callable[[Database], Awaitable[None]]


async def run(databases: Databases, job: Sends) -> None:
    async with databases.open("access", "worker") as db:
        await job(db)


def part(message: EmailMessage, subtype: str) -> str:
    found = message.get_body((subtype,))
    assert found is not None
    return str(found.get_content())


async def test_what_is_refused_twice_is_delivered_once(databases: Databases) -> None:
    mailbox, person = Mailbox(refusals=2), await a_person(databases)
    [notice] = await told(databases, person)
    with smtp_server(mailbox) as url, time_machine.travel(clock.real_now()) as now:
        async with sending_by(databases, url) as sending:
            for after in (timedelta(), AGAIN_AFTER[0], AGAIN_AFTER[1]):
                now.shift(after + timedelta(seconds=1))
                await run(sending, send_notices)
                await run(sending, send_notices)  # not due yet, or sent already
    [sent] = await notices_of(databases, person.id)
    assert (sent.status, sent.attempts, sent.last_error, mailbox.asked) == (NoticeStatus.sent, 3, None, 3)
    [message] = mailbox.messages
    assert message["To"] == person.email
    assert message["From"] == "PlaM <plam@example.org>"
    assert message["Subject"] == "PlaM · Une clé d'accès expire dans 7 jours"
    assert re.fullmatch(r"<[0-9a-f-]{36}@example\.org>", message["Message-ID"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(rf"<https://plam\.example\.org/access/unsubscribe/{notice.id}/[0-9a-f]{{40}}>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for subtype in ("plain", "html"):
        text = part(message, subtype)
        assert "plam_live_4f9c02ab" in text
        assert "https://plam.example.org/app/credentials/1" in text
        assert message["List-Unsubscribe"].strip("<>") in text


async def test_a_message_that_is_never_taken_fails_and_is_tried_anew(databases: Databases, steering: httpx.AsyncClient) -> None:
    mailbox, person = Mailbox(refusals=6), await a_person(databases)
    await told(databases, person)
    with smtp_server(mailbox) as url, time_machine.travel(clock.real_now()) as now:
        async with sending_by(databases, url) as sending:
            for after in (timedelta(), *AGAIN_AFTER):
                [notice] = await notices_of(databases, person.id)
                assert notice.status is NoticeStatus.pending
                now.shift(after + timedelta(seconds=1))
                await run(sending, send_notices)
            [failed] = ok(await steering.get(ALL, params={"status": "failed"}))["items"]
            assert (failed["attempts"], failed["last_error"]) == (6, "le serveur d'envoi refuse le destinataire (450)")
            assert ok(await steering.get(f"{ALL}/{failed['id']}/live"))["allowed_operations"] == ["retryNotice"]
            retried = ok(await steering.post(f"{ALL}/{failed['id']}/retry", headers=at(failed)))
            await run(sending, send_notices)
    assert (retried["status"], retried["attempts"]) == ("pending", 0)
    assert len(mailbox.messages) == 1
    sent = ok(await steering.get(f"{ALL}/{failed['id']}"))
    assert sent["status"] == "sent"
    again = await steering.post(f"{ALL}/{failed['id']}/retry", headers=at(sent))
    assert (again.status_code, problem_type(again)) == (409, "move-refused")


async def test_a_refusal_for_good_is_not_tried_again(databases: Databases) -> None:
    mailbox, person = Mailbox(refusals=9, refusal=UNKNOWN), await a_person(databases)
    await told(databases, person)
    with smtp_server(mailbox) as url, capture_logs() as logs:
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
    [notice] = await notices_of(databases, person.id)
    assert (notice.status, notice.attempts) == (NoticeStatus.failed, 1)
    assert notice.last_error == "le serveur d'envoi refuse le destinataire (550)"
    assert person.email is not None
    assert person.email not in f"{logs} {notice.document} {notice.last_error}"


async def test_without_an_address_nothing_is_tried(databases: Databases) -> None:
    mailbox, person = Mailbox(), await a_person(databases, email=None)
    await told(databases, person)
    with smtp_server(mailbox) as url:
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
    [notice] = await notices_of(databases, person.id)
    assert (notice.status, mailbox.asked) == (NoticeStatus.failed, 0)


async def test_a_server_that_does_not_answer_is_asked_once_a_run(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await a_person(databases)
    await told(databases, person, 3)
    monkeypatch.setattr(smtp, "SECONDS", 0.5)
    with smtp_server(Mailbox()) as url:
        port = urlsplit(url).port
    async with sending_by(databases, f"smtp://127.0.0.1:{port}") as sending:  # nobody listens there any more
        await run(sending, send_notices)
    notices = await notices_of(databases, person.id)
    assert sorted(notice.attempts for notice in notices) == [0, 0, 1]
    assert {notice.last_error for notice in notices} == {None, "le serveur d'envoi ne répond pas comme il faut (ConnectionRefusedError)"}


async def test_without_a_server_nothing_is_tried(databases: Databases) -> None:
    person = await a_person(databases)
    await told(databases, person)
    await run(databases, send_notices)
    await run(databases, send_digests)
    [notice] = await notices_of(databases, person.id)
    assert (notice.status, notice.attempts) == (NoticeStatus.pending, 0)


async def test_a_demonstration_sends_nothing_whatever_is_named(databases: Databases) -> None:
    mailbox, person = Mailbox(), await a_person(databases)
    await told(databases, person)
    with smtp_server(mailbox) as url:
        async with sending_by(databases, url) as sending:
            clock.set_day(clock.today())
            try:
                await run(sending, send_notices)
            finally:
                clock.set_day(None)
    assert mailbox.asked == 0


async def test_two_workers_at_once_send_each_message_once(databases: Databases) -> None:
    mailbox = Mailbox()
    at_once, daily = await a_person(databases), await a_person(databases, {"default": "digest"})
    await told(databases, at_once, 8)
    await told(databases, daily, 8)
    with smtp_server(mailbox) as url, time_machine.travel(next_digest()):
        async with sending_by(databases, url) as sending:
            await asyncio.gather(*(run(sending, job) for job in (send_notices, send_notices, send_digests, send_digests)))
    assert len(mailbox.messages) == 9
    assert len({message["Message-ID"] for message in mailbox.messages}) == 9


async def test_a_digest_of_thirty_is_one_message_at_seven(databases: Databases) -> None:
    mailbox, person = Mailbox(refusals=1), await a_person(databases, {"credential_expiring": "digest"})
    with smtp_server(mailbox) as url, time_machine.travel(HALF_PAST_SIX) as now:
        async with sending_by(databases, url) as sending:
            await told(databases, person, 30)
            await run(sending, send_notices)
            await run(sending, send_digests)
            assert mailbox.asked == 0
            now.shift(timedelta(minutes=30))
            await run(sending, send_digests)
            now.shift(AGAIN_AFTER[0])
            await run(sending, send_digests)
            await run(sending, send_digests)
    notices = await notices_of(databases, person.id)
    assert {(notice.status, notice.attempts) for notice in notices} == {(NoticeStatus.digested, 2)}
    [message] = mailbox.messages
    assert message["Subject"] == "PlaM · récapitulatif, 30 avis"
    assert part(message, "plain").count("plam_live_4f9c02ab") == part(message, "html").count("plam_live_4f9c02ab") == 30


async def test_what_is_urgent_waits_for_no_digest(databases: Databases) -> None:
    mailbox, person = Mailbox(), await a_person(databases, {"default": "digest"})
    await told(databases, person, urgent=True)
    with smtp_server(mailbox) as url:
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
    assert len(mailbox.messages) == 1


async def test_a_digest_is_due_at_the_next_seven_o_clock_in_paris() -> None:
    for now, due in (("2026-03-28T06:59:59", "2026-03-28"), ("2026-03-28T07:00:00", "2026-03-29"), ("2026-10-25T02:30:00", "2026-10-25")):
        with time_machine.travel(datetime.fromisoformat(now).replace(tzinfo=clock.PARIS)):
            assert f"{next_digest().astimezone(clock.PARIS):%Y-%m-%d %H:%M}" == f"{due} 07:00"


async def test_a_message_says_nothing_of_the_person_but_the_address_that_it_goes_to(databases: Databases) -> None:
    mailbox, person = Mailbox(), await a_person(databases)
    await told(databases, person)
    with smtp_server(mailbox) as url, capture_logs() as logs:
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
    [message] = mailbox.messages
    said = f"{message['Subject']} {message['Message-ID']} {part(message, 'plain')} {part(message, 'html')} {logs}"
    assert [canary for canary in ("Canarie", "Serin", person.email, str(person.id)) if canary and canary in said] == []


@pytest.mark.parametrize("address", ["a..b@example.org", "'@example.org", "a%b@example.org"])
async def test_an_address_of_an_unusual_form_holds_up_nobody_else(databases: Databases, address: str) -> None:
    mailbox, odd, other = Mailbox(), await a_person(databases, email=address), await a_person(databases)
    for person in (odd, other):
        await told(databases, person)
    with smtp_server(mailbox) as url:
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
    [sent] = await notices_of(databases, other.id)
    [notice] = await notices_of(databases, odd.id)
    assert sent.status is NoticeStatus.sent
    assert notice.status in (NoticeStatus.sent, NoticeStatus.failed)


async def test_notices_of_ninety_days_ago_are_deleted_with_their_histories(databases: Databases) -> None:
    person = await a_person(databases)
    with time_machine.travel(clock.real_now() - timedelta(days=91)):
        await told(databases, person)
    [_, recent] = await told(databases, person)
    await run(databases, purge_notices)
    assert [notice.id for notice in await notices_of(databases, person.id)] == [recent.id]
    async with databases.open("access", "worker") as db:
        assert [row["id"] for row in await (await db.connection()).fetch("SELECT id FROM notice_version")] == [recent.id]


async def test_messages_are_written_for_who_looks_at_them(databases: Databases, tmp_path: Path) -> None:
    person = await a_person(databases, {"request_received": "digest"})
    lines = ["Demande : 0199a1b2 <&>", "Places : 3 stagiaires"]
    await told(databases, person)
    await told(databases, person, 3, topic=NoticeTopic.request_received, title="Une demande de stage attend votre réponse", lines=lines)
    mailbox = Mailbox()
    with smtp_server(mailbox) as url, time_machine.travel(next_digest()):
        async with sending_by(databases, url) as sending:
            await run(sending, send_notices)
            await run(sending, send_digests)
    for name, message in zip(("notice", "digest"), mailbox.messages, strict=True):
        (tmp_path / f"{name}.html").write_text(part(message, "html"), "utf-8")
        (tmp_path / f"{name}.txt").write_text(part(message, "plain"), "utf-8")
        assert '<html lang="fr">' in part(message, "html")
        assert "<h1" in part(message, "html")
    assert "0199a1b2 &lt;&amp;&gt;" in part(mailbox.messages[1], "html")
    assert "0199a1b2 <&>" in part(mailbox.messages[1], "plain")
