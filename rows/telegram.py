"""A message of a Telegram export as columns."""

from __future__ import annotations

from typing import Any

LINKED = {"public_channel", "private_channel", "public_supergroup", "private_supergroup"}
"""Chats whose messages have an address. It opens for members; the channel's public one is not in an export."""


def message_columns(message: dict[str, Any], *, chat: dict[str, Any]) -> dict[str, Any] | str | None:
    """`id` (chat/message), `date`, `source` (the chat's name), `text`, `url`, `forwarded_from`.

    Source: the JSON that Telegram Desktop exports; `text` is a string or a list of strings and entities.

    Returns:
        Columns; None for a service message (somebody joined, a photo was changed); or what is wrong.
    """
    if message.get("type") == "service":
        return None
    text = _joined(message.get("text"))
    if text is None:
        return "the message's text is neither text nor a list of pieces"
    chat_id, own = chat.get("id"), message.get("id")
    known = isinstance(own, int) and isinstance(chat_id, int)
    return {
        "id": None if own is None else str(own) if chat_id is None else f"{chat_id}/{own}",
        "date": message.get("date"),
        "source": chat.get("name"),
        "text": text,
        "url": f"https://t.me/c/{chat_id}/{own}" if known and chat.get("type") in LINKED else None,
        "forwarded_from": message.get("forwarded_from"),
    }


def _joined(text: Any) -> str | None:
    if text is None or isinstance(text, str):
        return text or ""
    if not isinstance(text, list):
        return None
    pieces = [piece.get("text") if isinstance(piece, dict) else piece for piece in text]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(pieces) else None
