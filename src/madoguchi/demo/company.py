"""Who the demo is about. The simulator plays the other side with the same account (its own copy of these values)."""

from typing import NamedTuple

from madoguchi.core.principal import Role

WORKSPACE = {"en": "Minato Coffee", "ja": "みなと珈琲"}
TIME_ZONE = "Asia/Tokyo"
PASSWORD = "madoguchi-demo"  # noqa: S105 - printed; the demo listens on this machine only


class Person(NamedTuple):
    role: Role
    email: str
    name: dict[str, str]


PEOPLE = (
    Person("owner", "aoi@example.com", {"en": "Aoi Tanaka", "ja": "田中 葵"}),
    Person("supervisor", "ken@example.com", {"en": "Ken Suzuki", "ja": "鈴木 健"}),
    Person("agent", "emma@example.com", {"en": "Emma Brown", "ja": "Emma Brown"}),
)

CHANNEL = "whatsapp"


class Customer(NamedTuple):
    name: str
    phone: str


# Those who ticked the box in the shop: marketing templates may go to them.
AGREED = (Customer("佐藤 花子", "+819011110001"), Customer("林 怡君", "+886912000004"))

CREDENTIALS = {
    "phone_number_id": "100000000000001",
    "business_account_id": "200000000000001",
    "access_token": "EAAdemo-minato-token",
    "app_secret": "demo-app-secret",
    "verify_token": "demo-verify-token",
}
GRAPH_VERSION = "v26.0"
