"""Contacts in and out as CSV, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import Parameter
from litestar.response import Stream

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from madoguchi.attributes.service import get_definitions
from madoguchi.contacts.load import NEWEST, Wanted
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.exchange import exports, jobs, service
from madoguchi.exchange.models import ImportOut, ImportPreview, RejectedRow, StartImport
from madoguchi.media.upload import OVERHEAD_BYTES, open_upload

Choice = Annotated[str | None, Parameter(max_length=20, description="Instead of the one that was found out.")]
Filter = Annotated[str | None, Parameter(max_length=400)]
Columns = Annotated[
    str,
    Parameter(
        max_length=8000,
        description="Separated by commas, in their order: `name`, `company`, `attribute:KEY`, `consent:CHANNEL:PURPOSE` …;"
        " all but consents without. `GET /contacts/export/columns` lists them.",
    ),
]
Headings = Annotated[
    str, Parameter(max_length=8000, description="Words for the first line, separated by tabs, one for each column.")
]


class ImportController(Controller):
    path = "/api/v1/contact-imports"
    tags = ("contacts",)

    @post(
        "",
        summary="Upload a CSV file of contacts",
        opt={"own_idempotency": True},
        request_max_body_size=service.MOST_BYTES + OVERHEAD_BYTES,
    )
    async def upload_import(self, request: Request[Any, Any, Any], context: Ctx, principal: Who) -> ImportOut:
        """`multipart/form-data` with one part `file`: at most 50 MB and 200,000 rows below a header. Nothing is written to
        the contacts yet: look at `preview`, then `start`. An `Idempotency-Key` has no effect: a file that comes twice is
        looked at twice."""
        service.check_may(principal)
        incoming = await open_upload(request)
        return await service.do_upload(context, principal, incoming.name, incoming.chunks)

    @get("", summary="List imports, newest first")
    async def list_imports(
        self, tx: Tx, principal: Who, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[ImportOut]:
        before = decode_cursor(cursor, tuple[UUID])
        items, last = await service.get_page(tx, principal, before=before[0] if before else NEWEST, limit=limit)
        return Page(items, encode_cursor(last) if last else None)

    @get("/{import_id:uuid}", summary="See how far an import is")
    async def read_import(self, tx: Tx, principal: Who, import_id: UUID) -> ImportOut:
        return await service.get_import(tx, principal, import_id)

    @get("/{import_id:uuid}/preview", summary="See the first rows, and what their columns may mean")
    async def preview_import(
        self,
        tx: Tx,
        context: Ctx,
        principal: Who,
        import_id: UUID,
        encoding: Choice = None,
        delimiter: Choice = None,
    ) -> ImportPreview:
        return await service.get_preview(
            tx, context.storage, principal, import_id, encoding=encoding, delimiter=delimiter
        )

    @post("/{import_id:uuid}/start", status_code=200, summary="Begin to import")
    async def start_import(self, tx: Tx, context: Ctx, principal: Who, import_id: UUID, data: StartImport) -> ImportOut:
        """In the background, in batches; `GET` tells how far it is. 409 when it was started before."""
        found = await service.do_start(tx, context.storage, principal, import_id, data)
        await jobs.defer_run(tx, principal.workspace_id, import_id)
        return found

    @post("/{import_id:uuid}/cancel", status_code=200, summary="Stop an import")
    async def cancel_import(self, tx: Tx, principal: Who, import_id: UUID) -> ImportOut:
        """What it did already stays, and can be undone."""
        found, file = await service.do_cancel(tx, principal, import_id)
        await jobs.defer_delete(tx, file)
        return found

    @post("/{import_id:uuid}/undo", status_code=200, summary="Take back what an import did")
    async def undo_import(self, tx: Tx, principal: Who, import_id: UUID) -> ImportOut:
        """Contacts it added go, unless somebody has written with them, noted something or merged them since; what it
        changed gets its old value where nobody has changed it since. `not_taken_back` counts the others."""
        found = await service.do_undo(tx, principal, import_id)
        await jobs.defer_run(tx, principal.workspace_id, import_id)
        return found

    @get("/{import_id:uuid}/rejected", summary="List the rows an import did not take, and why")
    async def list_rejected(
        self, tx: Tx, principal: Who, import_id: UUID, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[RejectedRow]:
        after = decode_cursor(cursor, tuple[int])
        items, last = await service.get_rejected(tx, principal, import_id, after=after[0] if after else 0, limit=limit)
        return Page(items, encode_cursor(last) if last else None)


@get("/api/v1/contacts/export/columns", tags=["contacts"], summary="What a file of contacts may show")
async def list_columns(tx: Tx, principal: Who) -> list[str]:
    """In the order of a file with all of them. `consent:CHANNEL:PURPOSE` is granted or withdrawn as the ledger has it last,
    `consent_time:…` and `consent_source:…` say since when and how it is known; other purposes may be named as well."""
    service.check_may(principal)
    return exports.get_columns(await get_definitions(tx, principal.workspace_id))


@get("/api/v1/contacts/export", tags=["contacts"], summary="Contacts as a CSV file", media_type="text/csv")
async def export_contacts(  # noqa: PLR0913, PLR0917 - the filters of the list
    context: Ctx,
    principal: Who,
    q: Filter = None,
    company_id: UUID | None = None,
    channel: Filter = None,
    label: Filter = None,
    attribute: Filter = None,
    columns: Columns = "",
    headings: Headings = "",
    encoding: Annotated[
        str, Parameter(description="`utf-8` (with a byte order mark, as Excel wants it) or `shift_jis`.")
    ] = "utf-8",
) -> Stream:
    """With the filters of `GET /contacts`. Cells that a spreadsheet would take for formulas begin with an apostrophe; what
    Shift_JIS has no character for becomes a question mark."""
    service.check_may(principal)
    if encoding not in exports.ENCODINGS:
        message = f"One of: {', '.join(exports.ENCODINGS)}."
        raise Invalid(message, errors=[FieldError("encoding", message)])
    key, _, value = (attribute or "").partition(":")
    wanted = Wanted(q=q, company_id=company_id, channel=channel, label=label, key=key or None, value=value)
    # A transaction of its own: the answer is held back as long as the request's is open.
    async with context.db.workspace(principal.workspace_id) as tx:
        given = [each.strip() for each in columns.split(",") if each.strip()]
        chosen = await service.do_note_export(tx, principal, given, filtered=wanted != Wanted())
    words = headings.split("\t") if headings else chosen
    if len(words) != len(chosen):
        message = f"{len(words)} headings for {len(chosen)} columns."
        raise Invalid(message, errors=[FieldError("headings", message)])
    rows = exports.rows_of(context.db, principal.workspace_id, wanted, chosen, words, encoding)
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Stream(rows, headers=headers, media_type="text/csv")
