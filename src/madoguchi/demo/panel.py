"""The one picture the demo puts on the terminal."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from madoguchi.demo.company import PASSWORD, PEOPLE
from madoguchi.demo.strings import language, text


def show(*, console_url: str, phone_url: str, api_token: str, data_dir: str) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row(text("console"), Text(console_url, style="bold cyan"))
    table.add_row(text("phone"), Text(phone_url, style="bold cyan"))
    table.add_row("")
    for number, person in enumerate(PEOPLE):
        who = f"{person.name[language()]}, {text(person.role)}"
        table.add_row(text("sign_ins") if number == 0 else "", Text.assemble((person.email, "bold"), f"  {who}"))
    table.add_row(text("password"), Text(PASSWORD, style="bold"))
    table.add_row(text("api_token"), api_token)
    table.add_row(text("data"), data_dir)
    # The width of the content: a log or a narrow window must be able to carry addresses unbroken.
    console = Console(soft_wrap=False)
    body = Group(table, "", Text(text("hint"), style="dim"))
    console.print(Panel(body, title=text("title"), border_style="cyan", padding=(1, 2), expand=False))
