"""Gmail passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

ME = {"sender_name": "Kim", "sender_email": "kim@example.com"}
TestGmail = conformance(
    "gmail",
    happy={
        "fetch_google_email_inbox": [{}, {"unread": True}],
        "search_google_mail": {"query": "lunch"},
        "search_google_mail_from_email": {"email": "jo@example.com"},
        "send_google_email": {
            **ME,
            "recipient_email_addresses": ["jo@example.com"],
            "subject": "Lunch",
            "body": "See you at noon.",
            "cc": ["ana@example.com"],
            "bcc": ["sam@example.com"],
        },
        "reply_to_google_email": {
            **ME,
            "to": ["jo@example.com"],
            "subject": "Lunch",
            "reply_to_id": "<18f2@mail.example>",
            "thread_id": "18f2",
            "body": "Yes, gladly.",
        },
    },
    unknown={
        "reply_to_google_email": {
            **ME,
            "to": ["jo@example.com"],
            "subject": "Lunch",
            "reply_to_id": "<nobody@mail.example>",
            "thread_id": "18f2",
            "body": "Yes, gladly.",
        },
    },
    samples={
        "reply_to_google_email": {
            **ME,
            "to": ["jo@example.com"],
            "subject": "Lunch",
            "reply_to_id": "<sample1@mail.example>",
            "thread_id": "sample1",
            "body": "Yes, gladly.",
        },
    },
)
