"""Google Docs and Drive: one user's files, searched, exported, made and written into."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams.google import ERRORS, authorize, failure
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

GOOGLE = "application/vnd.google-apps"
_QUOTED = r"'((?:[^'\\]|\\['\\])*)'"
_SEARCH = re.compile(rf"\(fullText contains {_QUOTED} or name contains {_QUOTED}\) and trashed = false")
_MARKED = re.compile(rf"appProperties has {{ key={_QUOTED} and value={_QUOTED} }} and trashed = false")
_EXPORTS = {
    f"{GOOGLE}.document": {"text/plain"},
    f"{GOOGLE}.presentation": {"text/plain"},
    f"{GOOGLE}.spreadsheet": {"text/csv"},
}
TEXTS = {
    "1AbCdoc0000001": "\ufeffTrip to Lisbon\r\n\r\n\r\nFlights on Friday.\r\n" + "Tram 28 goes everywhere. " * 300,
    "1AbCsheet00001": "Month,In,Out\r\nOctober,1200,900\r\n",
    "1AbCslides0001": "Lisbon in three days\n",
}


def files() -> list[dict[str, Any]]:
    """A document, a spreadsheet, slides, a PDF that has no text to export, and a document with little told."""
    changed = datetime.now(UTC)
    return [
        _file("1AbCdoc0000001", "Trip to Lisbon", "document", changed - timedelta(hours=2)),
        _file("1AbCsheet00001", "Cash flow 2026", "spreadsheet", changed - timedelta(days=24)),
        _file("1AbCslides0001", "Lisbon slides", "presentation", changed - timedelta(days=3)),
        {"id": "1AbCpdf0000001", "name": "Ticket.pdf", "mimeType": "application/pdf",
         "webViewLink": "https://drive.google.com/file/d/1AbCpdf0000001/view", "modifiedTime": None},
        {"id": "1AbCbare000001", "name": "", "mimeType": f"{GOOGLE}.document"},
    ]  # fmt: skip


def _file(id: str, name: str, kind: str, changed: datetime) -> dict[str, Any]:
    return {
        "id": id, "name": name, "mimeType": f"{GOOGLE}.{kind}",
        "webViewLink": f"https://docs.google.com/{kind}/d/{id}/edit?usp=drivesdk",
        "modifiedTime": f"{changed:%Y-%m-%dT%H:%M:%S.000Z}",
    }  # fmt: skip


def found(ask: Ask) -> Any:
    """Two kinds of questions are understood; the words "nothing at all" are in no file."""
    query = ask.query.get("q", "")
    marked, search = _MARKED.fullmatch(query), _SEARCH.fullmatch(query)
    if marked:
        made = [one for one in _made(ask).values() if one["appProperties"].get(marked[1]) == marked[2]]
        return {"files": [{name: one[name] for name in ("id", "name", "webViewLink")} for one in made]}
    if not search or "orderBy" in ask.query:
        return failure(400, "invalid", "Invalid value for the query.")
    if "nothing at all" in search[1]:
        return {"files": []}
    return {"files": files()[: int(ask.query.get("pageSize", "100"))], "nextPageToken": None}


def exported(ask: Ask) -> Any:
    """The text of a file, in a type that its kind can be exported as."""
    kinds = {one["id"]: one["mimeType"] for one in files()}
    if ask.args["id"] not in kinds:
        return ERRORS[404]
    wanted = ask.query.get("mimeType", "")
    if wanted not in _EXPORTS.get(kinds[ask.args["id"]], ()):
        return failure(403, "fileNotExportable", "Export only supports Docs Editors files.")
    text = TEXTS.get(ask.args["id"], "")
    return Reply(text.encode(), content_type=wanted)


def created(ask: Ask) -> Any:
    """A new empty document of that name."""
    given = ask.json()
    if given.get("mimeType") != f"{GOOGLE}.document":
        return failure(400, "invalid", "Only documents are made here.")
    id = f"1NewDoc{len(_made(ask)):07}"
    link = f"https://docs.google.com/document/d/{id}/edit?usp=drivesdk"
    _made(ask)[id] = {"appProperties": {}, "text": "", "revision": "r1", **given, "id": id, "webViewLink": link}
    ask.done.append({"title": given["name"]})
    return {"id": id, "name": given["name"], "webViewLink": link}


def read(ask: Ask) -> Any:
    """As far as it is asked for: an empty document ends at 2."""
    document = _made(ask).get(ask.args["id"])
    if document is None:
        return ERRORS[404]
    content = [{"endIndex": 1}, {"startIndex": 1, "endIndex": 2 + len(document["text"])}]
    return {"revisionId": document["revision"], "body": {"content": content}}


def updated(ask: Ask) -> Any:
    """Text at the beginning, if the document is still at the revision that was read."""
    document, given = _made(ask).get(ask.args["id"]), ask.json()
    if document is None:
        return ERRORS[404]
    if given.get("writeControl", {}).get("requiredRevisionId", document["revision"]) != document["revision"]:
        return failure(400, "failedPrecondition", "The required revision is not the latest one.")
    insert = given["requests"][0]["insertText"]
    if insert["location"]["index"] != 1 or not insert["text"]:
        return failure(400, "badRequest", "There is nothing to insert, or no such place.")
    if document["text"]:
        ask.done.append({"text": insert["text"]})
    document["text"], document["revision"] = insert["text"] + document["text"], f"{document['revision']}+"
    revision = {"requiredRevisionId": document["revision"]}
    return {"documentId": ask.args["id"], "replies": [{}], "writeControl": revision}


def _made(ask: Ask) -> dict[str, Any]:
    return ask.kept.setdefault("made", {})  # type: ignore[no-any-return]


SERVICE = Service(
    name="google-docs",
    settings={"GOOGLE_DOCS_BASE_URL": "{url}/docs/v1", "GOOGLE_DRIVE_BASE_URL": "{url}/drive/v3"},
    authorize=authorize,
    routes=[
        Route("GET", "/drive/v3/files", found),
        Route("POST", "/drive/v3/files", created),
        Route("GET", "/drive/v3/files/{id}/export", exported),
        Route("POST", "/docs/v1/documents/{id}:batchUpdate", updated),
        Route("GET", "/docs/v1/documents/{id}", read),
    ],
    errors=ERRORS,
)
