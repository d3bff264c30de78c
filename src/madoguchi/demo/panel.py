"""The one picture the demo puts on the terminal."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from madoguchi.demo.company import PASSWORD, PEOPLE
from madoguchi.demo.state import DemoState
from madoguchi.demo.strings import text


def show(state: DemoState, *, console_url: str, phone_url: str, data_dir: str) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row(text("console"), Text(console_url, style="bold cyan"))
    table.add_row(text("phone"), Text(phone_url, style="bold cyan"))
    table.add_row("")
    for number, person in enumerate(PEOPLE):
        who = text("person", name=person.name[state.language], role=text(person.role))
        table.add_row(text("sign_ins") if number == 0 else "", Text.assemble((person.email, "bold"), f"  {who}"))
    table.add_row(text("password"), Text(PASSWORD, style="bold"))
    table.add_row(text("data"), data_dir)
    console = Console()
    body = Group(table, "", Text(text("hint"), style="dim"))
    console.print(Panel(body, title=text("title"), border_style="cyan", padding=(1, 2), expand=False))
    # Outside the panel and unwrapped: it is there to be copied.
    console.print(f"{text('api_token')}: {state.api_token}", soft_wrap=True, highlight=False)
