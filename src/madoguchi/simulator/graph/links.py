"""QR codes and short links: `/<PNID>/message_qrdls`."""

import secrets
import string

from aiohttp import web

from madoguchi.simulator import qr
from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json, Number

PREFILLED = 140
MOST = 2000
CODE_LETTERS = string.ascii_uppercase + string.digits
FORMATS = {"PNG", "SVG"}


def address(code: str) -> str:
    return f"https://wa.me/message/{code}"


def listing(call: Call, number: Number) -> Json:
    codes = list(reversed(number.qr_codes))
    return paging.page(call, codes, lambda code: _view(call, number, code))


def one(call: Call, number: Number, code: str) -> Json:
    _known(number, code)
    return {"data": [_view(call, number, code)]}


def write(call: Call, number: Number) -> Json:
    """Make one, or change the one named by `code`."""
    text = str(call.need("prefilled_message"))
    if len(text) > PREFILLED:
        raise _wrong(f"prefilled_message must be at most {PREFILLED} characters long.")
    form = str(call.params.get("generate_qr_image") or "").upper()
    if form and form not in FORMATS:
        raise _wrong("generate_qr_image must be PNG or SVG.")
    code = str(call.params.get("code") or "")
    if code:
        _known(number, code)
    elif len(number.qr_codes) >= MOST:
        raise _wrong(f"A number may have at most {MOST} codes.")
    else:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(14))
    number.qr_codes[code] = text
    call.sim.store.touch("numbers", number.id)
    return _view(call, number, code, form)


def delete(call: Call, number: Number, code: str) -> Json:
    _known(number, code)
    del number.qr_codes[code]
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def _wrong(words: str) -> GraphError:
    return GraphError(100, words, message="(#100) Invalid parameter")


def _known(number: Number, code: str) -> None:
    if code not in number.qr_codes:
        raise GraphError(100, message=f"(#100) There is no code {code} for this number", subcode=33)


def _view(call: Call, number: Number, code: str, form: str = "") -> Json:
    found = {"code": code, "prefilled_message": number.qr_codes[code], "deep_link_url": address(code)}
    asked = str(call.params.get("fields", ""))
    if not form and "qr_image_url" in asked:
        form = "PNG" if "format(PNG)" in asked.replace('"', "") else "SVG"
    if form:
        found["qr_image_url"] = f"{call.sim.url}/qr/{code}.{form.lower()}"
    wanted = call.fields()
    return {key: value for key, value in found.items() if not wanted or key in wanted}


def picture(call: Call) -> web.Response:
    """`GET /qr/{code}.svg` or `.png`: the code a customer would scan."""
    code, form = call.request.match_info["code"], call.request.match_info["form"]
    if not any(code in number.qr_codes for number in call.sim.world.numbers.values()):
        return web.Response(status=404, text="Not Found")
    matrix = qr.encode(address(code).encode())
    if form == "png":
        return web.Response(body=qr.png(matrix), content_type="image/png")
    return web.Response(text=qr.svg(matrix), content_type="image/svg+xml")
