"""What a number offers: ice breakers, commands, QR codes, cart, catalog, username, encryption key."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from madoguchi.simulator import qr
from tests.simulator.lab import NUMBER, WABA, Json, Lab


async def test_ice_breakers_and_commands(lab: Lab) -> None:
    body: Json = {
        "prompts": ["When are you open?"],
        "commands": [{"command_name": "menu", "command_description": "See the menu"}],
    }
    assert (await lab.graph("POST", f"{NUMBER}/conversational_automation", body)).json() == {"success": True}
    found = (await lab.graph("GET", f"{NUMBER}?fields=conversational_automation")).json()["conversational_automation"]
    assert (found["prompts"], found["commands"]) == (body["prompts"], body["commands"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompts": ["a"] * 5},
        {"prompts": ["x" * 81]},
        {"prompts": ["Hi 👋"]},
        {"commands": [{"command_name": "x" * 33, "command_description": "y"}]},
        {"commands": [{"command_name": "x", "command_description": "y" * 257}]},
        {"commands": [{"command_name": "x", "command_description": "y"}] * 31},
    ],
)
async def test_components_that_do_not_fit(lab: Lab, wrong: Json) -> None:
    error = (await lab.graph("POST", f"{NUMBER}/conversational_automation", wrong)).json()["error"]
    assert error["code"] == 100
    assert next(iter(wrong)) in error["error_data"]["details"]


async def test_qr_codes_from_creation_to_deletion(lab: Lab) -> None:
    path = f"{NUMBER}/message_qrdls"
    made = (await lab.graph("POST", path, {"prefilled_message": "Hello", "generate_qr_image": "SVG"})).json()
    assert made["deep_link_url"] == f"https://wa.me/message/{made['code']}"
    picture = await lab.client.get(made["qr_image_url"])
    assert picture.headers["content-type"] == "image/svg+xml; charset=utf-8"
    change = {"code": made["code"], "prefilled_message": "Good evening"}
    assert (await lab.graph("POST", path, change)).json()["prefilled_message"] == "Good evening"
    [listed] = (await lab.graph("GET", f"{path}?fields=code,qr_image_url.format(PNG)")).json()["data"]
    assert (await lab.client.get(listed["qr_image_url"])).content.startswith(b"\x89PNG")
    one = (await lab.graph("GET", f"{path}/{made['code']}")).json()["data"]
    assert one[0]["prefilled_message"] == "Good evening"
    assert (await lab.graph("DELETE", f"{path}/{made['code']}")).json() == {"success": True}
    assert (await lab.graph("GET", f"{path}/{made['code']}")).status_code == 400
    assert (await lab.graph("POST", path, {"prefilled_message": "x" * 141})).json()["error"]["code"] == 100


def test_a_qr_code_can_be_read_again() -> None:
    """Undo the mask along the same path; the bytes come back and the code words divide evenly."""
    address = b"https://wa.me/message/4O4YGZEG3RIVE1"
    matrix = qr.encode(address)
    _, taken = qr._patterns()
    bits = "".join(str(int(matrix[r][c] ^ ((r + c) % 2 == 0))) for r, c in qr._path(taken))
    words = [int(bits[at : at + 8], 2) for at in range(0, 70 * 8, 8)]
    stream = "".join(f"{word:08b}" for word in words)
    assert stream[:12] == f"0100{len(address):08b}"
    assert bytes(int(stream[12 + 8 * n : 20 + 8 * n], 2) for n in range(len(address))) == address
    for power in range(26):
        value = 0
        for word in words:
            value = qr._times(value, qr._EXP[power]) ^ word
        assert value == 0


async def test_the_cart_and_the_catalog(lab: Lab) -> None:
    path = f"{NUMBER}/whatsapp_commerce_settings"
    [usual] = (await lab.graph("GET", path)).json()["data"]
    assert usual == {"is_cart_enabled": True, "is_catalog_visible": False, "id": NUMBER}
    await lab.graph("POST", f"{path}?is_catalog_visible=true")
    assert (await lab.graph("GET", path)).json()["data"][0]["is_catalog_visible"] is True
    [catalog] = (await lab.graph("GET", f"{WABA}/product_catalogs")).json()["data"]
    products = (await lab.graph("GET", f"{catalog['id']}/products?fields=retailer_id,name,price&limit=3")).json()
    assert [p["retailer_id"] for p in products["data"]] == ["beans-house-200", "beans-ethiopia-200", "beans-decaf-200"]
    assert products["data"][0]["price"] == "1,200 JPY"
    rest = await lab.client.get(products["paging"]["next"], headers={"Authorization": "Bearer EAAdemo-minato-token"})
    assert len(rest.json()["data"]) == 3


async def test_usernames(lab: Lab) -> None:
    path = f"{NUMBER}/username"
    assert (await lab.graph("GET", path)).status_code == 400
    for wrong, code in (
        ("Ab", 147001),
        ("a..b", 147001),
        ("www.minato", 147001),
        ("12345", 147001),
        ("priya.n", 147002),
    ):
        assert (await lab.graph("POST", path, {"username": wrong})).json()["error"]["code"] == code
    assert (await lab.graph("POST", path, {"username": "minato.coffee"})).json() == {"status": "approved"}
    assert (await lab.graph("GET", path)).json() == {"username": "minato.coffee", "status": "approved"}
    [suggested] = (await lab.graph("GET", f"{NUMBER}/username_suggestions")).json()["data"]
    assert "minato.coffee" in suggested["username_suggestions"]
    assert (await lab.graph("DELETE", path)).json() == {"success": True}
    await lab.quiet()
    assert [v["status"] for v in lab.product.values] == ["approved", "deleted"]


async def test_the_encryption_key_of_flows(lab: Lab) -> None:
    path = f"{NUMBER}/whatsapp_business_encryption"
    assert (await lab.graph("GET", path)).json() == {"data": []}
    assert (await lab.graph("POST", path, {"business_public_key": "no key"})).json()["error"]["code"] == 100
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    assert (await lab.graph("POST", path, {"business_public_key": pem})).json() == {"success": True}
    [found] = (await lab.graph("GET", path)).json()["data"]
    assert found == {"business_public_key": pem, "business_public_key_signature_status": "VALID"}


async def test_settings_of_a_number(lab: Lab) -> None:
    path = f"{NUMBER}/settings"
    wish = {"user_identity_change": {"enable_identity_key_check": True}}
    assert (await lab.graph("POST", path, wish)).json() == {"success": True}
    assert (await lab.graph("GET", path)).json()["user_identity_change"] == wish["user_identity_change"]
    assert (await lab.graph("POST", path, {"horoscope": {}})).json()["error"]["code"] == 100
