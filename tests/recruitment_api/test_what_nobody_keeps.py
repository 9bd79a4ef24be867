"""What is of persons is kept by nobody on the way: proxies and browsers are told so; what is not may be asked for again by its version."""

from tests.support.recruitment import Employer, accept, an_application, an_open_need, with_key


async def test_b9_answers_on_persons_say_no_store(employer: Employer) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need)
    assignment = await accept(employer.client, application)
    key = with_key(assignment)
    root = "/recruitment/v1"
    paths = [
        f"{root}/applications/{application['id']}",
        f"{root}/applications",
        f"{root}/applications/{application['id']}/history",
        f"{root}/assignments/{assignment['id']}",
        f"{root}/needs/{need['id']}/history",
    ]
    for path in paths:
        answer = await employer.client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store", path
    known = await employer.client.get(paths[0], headers={"If-None-Match": '"2"'})
    assert (known.status_code, known.headers["cache-control"]) == (304, "no-store")
    for _ in range(2):  # the second is the first's answer, kept under its key
        cancelled = await employer.client.post(f"{paths[3]}/cancel", json={"reason": "other"}, headers=key)
        assert (cancelled.status_code, cancelled.headers["cache-control"]) == (200, "no-store")
    public = await employer.client.get(f"{root}/needs/{need['id']}")
    assert "cache-control" not in public.headers
