"""Reports posted to an address: tried again, named so that a receiver can tell repeats, without text unless asked."""

from __future__ import annotations

import json

import pytest

from narrashift import UserError
from narrashift.serving.shifts.watching.outbox import deliver, waiting, write_down
from narrashift.serving.shifts.watching.store import Store
from narrashift.serving.shifts.watching.webhook import Unreachable, Webhook

INTERVAL = {"value": 0.2, "low": 0.1, "high": 0.3}
SIDE = {
    "label": "frame.losses",
    "words": [{"word": "retreat"}],
    "passages": [{"id": "7", "link": None, "text": "secret"}],
}
REPORT = {
    "id": "0123456789abcdef", "by": "x.com\n\x1b[31m", "task": "frame", "label": "losses", "kind": "narrative",
    "date": "2022-06-20", "earliest": "2022-06-13", "latest": "2022-06-27", "share_before": INTERVAL,
    "share_after": INTERVAL, "change": INTERVAL, "source_years_between_false_alarms": 20.0,
    "evidence": {"before": SIDE, "after": SIDE},
}  # fmt: skip


def test_an_address_that_fails_twice_gets_the_report_at_the_third_try(receiver):
    receiver.answers, slept = [500, 429], []
    assert Webhook(receiver.url, say=print, sleep=slept.append)(REPORT, 1) is True
    assert [key for key, _ in receiver.got] == [REPORT["id"]] * 3 and slept == [1.0, 2.0]
    sent = receiver.got[0][1]
    assert sent["change"] == INTERVAL and sent["attempt"] == 1 and "20% [10%, 30%]" in sent["text"]
    assert "\n" not in sent["text"] and "\x1b" not in sent["text"]


@pytest.mark.parametrize("with_text", [False, True])
def test_the_text_of_passages_is_sent_only_where_asked_for(receiver, with_text):
    Webhook(receiver.url, with_text=with_text, say=print)(REPORT, 1)
    evidence = receiver.got[0][1]["evidence"]
    assert ("secret" in json.dumps(evidence)) == ("retreat" in json.dumps(evidence)) == with_text
    assert evidence["after"]["passages"][0]["id"] == "7"


def test_what_is_not_taken_waits_and_is_sent_when_the_address_serves_again(receiver, tmp_path):
    said: list[str] = []
    hook = Webhook(receiver.url, say=said.append, sleep=lambda seconds: None)
    with Store(tmp_path / "state") as store:
        with store.change():
            write_down(store, [REPORT, {**REPORT, "id": "b" * 16}], channels=["webhook"])
        receiver.answers = [503] * 3
        deliver(store, {"webhook": hook})
        assert len(receiver.got) == 3 and len(waiting(store, "webhook")) == 2  # no more is sent to who is away
        receiver.answers = [404]  # it takes the second all the same
        deliver(store, {"webhook": hook})
        assert [report["id"] for report, _ in waiting(store, "webhook")] == [REPORT["id"]]
        deliver(store, {"webhook": hook})
        deliver(store, {"webhook": hook})
    assert [key[0] for key, _ in receiver.got] == ["0", "0", "0", "0", "b", "0"] and receiver.got[-1][1]["attempt"] == 3
    assert "answers 503" in said[0] and "answers 404" in said[1] and "secret-path" not in "".join(said)


def test_a_redirect_is_not_followed(receiver):
    receiver.answers, said = [302], []
    assert Webhook(receiver.url, say=said.append)(REPORT, 1) is False
    assert len(receiver.got) == 1 and "redirects are not followed" in said[0]


def test_an_address_without_a_server_is_said_without_its_path():
    said: list[str] = []
    with pytest.raises(Unreachable):
        Webhook("http://127.0.0.1:9/secret-path", say=said.append, sleep=lambda seconds: None)(REPORT, 1)
    assert "does not answer" in said[0] and "secret-path" not in said[0]


@pytest.mark.parametrize("url", ["ftp://x/y", "x", "https://", "http://[::1", "https://a:b:c/"])
def test_what_is_no_address_is_said(url):
    with pytest.raises(UserError, match="--webhook"):
        Webhook(url, say=print)


def test_plain_http_to_another_machine_is_warned_of():
    said: list[str] = []
    Webhook("http://example.org/x", say=said.append)
    assert "use https" in said[0]
